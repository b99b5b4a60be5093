import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import { fail, ok, type Result } from '../core/errors.ts';
import { type Mxc, parseMxc } from '../core/mxc.ts';
import type { MediaFile } from '../ports/pages.ts';
import { failureToError, refusalToError } from './http-errors.ts';
import { exchange } from './transport.ts';
import { UnnoticedConnections } from './unnoticed.ts';
import { isObject } from './validate-event.ts';

export type MediaAccess = { readonly url: string; readonly asToken: string };

/** A homeserver that has to fetch the file from another one takes its time. */
const OPEN_MS = 45_000;
/** Silence of the homeserver within a file. Somebody who takes the file slowly is no silence: then nothing is asked of it. */
const SILENCE_MS = 30_000;
const UPLOAD_MS = 60_000;
const MAX_CONNECTIONS = 64;
const MAX_REFUSAL_BYTES = 16_384;

const unnoticed = new UnnoticedConnections();
const AGENTS = {
  'http:': new http.Agent({ maxSockets: MAX_CONNECTIONS }),
  'https:': new https.Agent({ maxSockets: MAX_CONNECTIONS }),
} as const;

/** Where files are, newest first: with a token (Matrix 1.11), and as homeservers before that have them. */
const PATHS = ['client/v1/media/download', 'media/v3/download'] as const;

/** Opens a file, its bytes still to be read. Servers and ids only by their grammar, so that nothing else of the homeserver can be had. */
export async function openMedia(access: MediaAccess, uri: string): Promise<Result<MediaFile>> {
  const mxc = parseMxc(uri);
  if (mxc === undefined)
    return fail({ code: 'matrix.media-address', text: 'This is no address of a file.', retry: 'never', notify: 'log' });
  let answer = await open(access, PATHS[0], mxc);
  if ('refused' in answer && answer.unknownPath) answer = await open(access, PATHS[1], mxc);
  return 'file' in answer ? ok(answer.file) : answer.refused;
}

type Opened = { readonly file: MediaFile } | { readonly refused: Result<never>; readonly unknownPath: boolean };

function open({ url, asToken }: MediaAccess, path: string, { server, mediaId }: Mxc): Promise<Opened> {
  return new Promise((resolve) => {
    const target = new URL(`${url}/_matrix/${path}/${encodeURIComponent(server)}/${encodeURIComponent(mediaId)}`);
    const secure = target.protocol === 'https:';
    const failed = (reason: string): void => {
      resolve({ refused: fail(failureToError({ sent: true, reason }, 'repeatable')), unknownPath: false });
      request.destroy();
    };
    const request = (secure ? https : http).request(target, {
      headers: { Authorization: `Bearer ${asToken}`, ...(secure ? {} : { Connection: 'keep-alive' }) },
      agent: AGENTS[secure ? 'https:' : 'http:'],
    });
    const timer = setTimeout(() => failed('timeout'), OPEN_MS);
    request.on('error', (error: NodeJS.ErrnoException) => failed(error.code ?? error.message));
    request.once('response', (incoming) => {
      clearTimeout(timer);
      if (incoming.statusCode === 200) resolve({ file: fileOf(incoming) });
      else
        refusalOf(incoming).then(
          (answer) => resolve(answer),
          () => failed('connection lost'),
        );
    });
    // Somebody may leave while the homeserver still looks for the file; see UnnoticedConnections.
    request.end(() => {
      if (!secure && request.socket !== null) unnoticed.beginNext(request.socket);
    });
  });
}

function fileOf(incoming: IncomingMessage): MediaFile {
  const length = incoming.headers['content-length'] ?? '';
  return {
    type: incoming.headers['content-type'],
    sizeBytes: /^\d{1,15}$/.test(length) ? Number(length) : undefined,
    body: bytesOf(incoming),
    close: () => void incoming.destroy(),
  };
}

/** What comes behind a file is never read: the connection ends with it. */
async function* bytesOf(incoming: IncomingMessage): AsyncGenerator<Uint8Array> {
  const chunks = incoming[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  try {
    for (;;) {
      const silence = setTimeout(() => incoming.destroy(new Error('the homeserver fell silent')), SILENCE_MS);
      const next = await chunks.next().finally(() => clearTimeout(silence));
      if (next.done === true) break;
      yield next.value;
    }
    if (!incoming.complete) throw new Error('the homeserver broke off');
  } finally {
    incoming.destroy();
  }
}

async function refusalOf(incoming: IncomingMessage): Promise<Opened> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_REFUSAL_BYTES) break;
    chunks.push(chunk);
  }
  incoming.destroy();
  const body = parsed(Buffer.concat(chunks));
  const [errcode, said] = [body.errcode, body.error].map((text) => (typeof text === 'string' ? text : undefined));
  const status = incoming.statusCode ?? 0;
  return {
    refused: fail(refusalToError({ status, errcode, said }, 'repeatable')),
    unknownPath: errcode === 'M_UNRECOGNIZED' || status === 405 || (status === 404 && errcode === undefined),
  };
}

function parsed(body: Buffer): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

/** @returns the `mxc://` URI. Always with a length: Dendrite stores the second copy of a file without one as of size -1. */
export async function upload(
  { url, asToken }: MediaAccess,
  as: string,
  file: Uint8Array,
  type: string,
  name: string,
): Promise<Result<string>> {
  const query = new URLSearchParams({ filename: name, user_id: as });
  const exchanged = await exchange({
    method: 'POST',
    url: `${url}/_matrix/media/v3/upload?${query.toString()}`,
    headers: { Authorization: `Bearer ${asToken}`, 'Content-Type': type },
    body: Buffer.from(file.buffer, file.byteOffset, file.byteLength),
    patienceMs: UPLOAD_MS,
    pool: 'shared',
    maxBodyBytes: MAX_REFUSAL_BYTES,
  });
  if ('failure' in exchanged) return fail(failureToError(exchanged.failure, 'repeatable'));
  const { status, body } = exchanged.answer;
  const { content_uri: uri, errcode, error } = parsed(body);
  if (status === 200 && typeof uri === 'string' && parseMxc(uri) !== undefined) return ok(uri);
  const [code, said] = [errcode, error].map((text) => (typeof text === 'string' ? text : undefined));
  return fail(refusalToError({ status, errcode: code, said }, 'repeatable'));
}
