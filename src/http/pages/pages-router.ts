import express, { type Request, type Response, type Router } from 'express';
import type { Log } from '../../ports/log.ts';
import type { MediaFile, PageAnswer, PageSource } from '../../ports/pages.ts';
import { byteRange, bytesWithin } from './byte-range.ts';
import { HTML_POLICY, textPage, wordsPage } from './page-html.ts';
import { addressOf, Places } from './places.ts';
import { PATIENCE, type Patience, sendBytes } from './send-bytes.ts';
import { contentDisposition, servedType } from './served-type.ts';

export type PagesParts = {
  readonly pages: PageSource;
  readonly log: Log;
  readonly limits?: { readonly total: number; readonly perAddress: number };
  readonly patience?: Patience;
};

const LIMITS = { total: 64, perAddress: 16 };
const ID = /^[A-Za-z0-9_-]{16,64}$/;
const MAX_NAME = 200;
/** No script, no form, no frame, nothing from elsewhere; a browser's own view of a picture or a film needs the rest. */
const FILE_POLICY =
  "sandbox; default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Words for people whose link leads nowhere. What was there, and where, is not for whoever finds an old link. */
const GONE: Readonly<Record<Extract<PageAnswer, { kind: 'gone' }>['why'], string>> = {
  deleted: 'The message that this belonged to was deleted.',
  expired: 'Links like this one lead somewhere for some days only. Ask whoever shared it to send it again.',
  withdrawn: 'Whoever shared this does not share it any more.',
  unlinked: 'The room that this was shared in is not connected here any more.',
};

/** `/m/ID` and `/m/ID/NAME`, to be mounted there. Whoever knows an id may read; nobody can find one out. */
export function pagesRouter(parts: PagesParts): Router {
  const router = express.Router({ caseSensitive: true });
  const places = new Places(parts.limits ?? LIMITS);
  router.get(['/:id', '/:id/:name'], async (request, response) => {
    const { id, name } = request.params as { id: string; name?: string };
    const isLink = ID.test(id) && (name ?? '').length <= MAX_NAME;
    const answer: PageAnswer = isLink ? await parts.pages.find(id) : { kind: 'unknown' };
    switch (answer.kind) {
      case 'unknown':
        return say(
          request,
          response,
          404,
          'Nothing is here',
          'This link is not whole, or what it led to is long gone.',
        );
      case 'gone':
        return say(request, response, 410, 'No longer here', GONE[answer.why]);
      case 'text':
        return sendText(request, response, id, answer.text);
      case 'file':
        return sendFile(parts, places, request, response, id, answer);
    }
  });
  return router;
}

/** Words of ours: a page for browsers, plain text for everything else. */
export function say(request: Request, response: Response, status: number, title: string, words: string): void {
  response.status(status).set({ 'Content-Security-Policy': HTML_POLICY, 'Cache-Control': 'no-store', Vary: 'Accept' });
  if (request.accepts(['text/plain', 'text/html']) === 'text/html')
    response.type('text/html').send(wordsPage(title, words));
  else response.type('text/plain').send(`${title}. ${words}\n`);
}

function sendText(request: Request, response: Response, id: string, text: string): void {
  const isPage = request.accepts(['text/plain', 'text/html']) === 'text/html';
  response.set({ 'Content-Security-Policy': HTML_POLICY, Vary: 'Accept' });
  if (isUnchanged(request, response, `${id}${isPage ? 'h' : 't'}`)) return;
  response.type(isPage ? 'text/html' : 'text/plain').send(isPage ? textPage(text) : `${text}\n`);
}

/** What stands behind an id never changes, it only goes; so it is asked for again each time, and seldom sent again. */
function isUnchanged(request: Request, response: Response, version: string): boolean {
  response.set({ 'Cache-Control': 'private, no-cache', ETag: `"${version}"` });
  if (request.get('if-none-match') !== `"${version}"`) return false;
  response.status(304).end();
  return true;
}

async function sendFile(
  { pages, log, patience }: PagesParts,
  places: Places,
  request: Request,
  response: Response,
  id: string,
  { mxc, name }: { readonly mxc: string; readonly name: string },
): Promise<void> {
  if (isUnchanged(request, response, id)) return;
  const leave = places.take(addressOf(request));
  if (leave === undefined) {
    response.removeHeader('ETag');
    response.set('Retry-After', '10');
    return say(request, response, 503, 'Busy', 'Many files are being fetched now. Try again in a moment.');
  }
  try {
    const opened = await pages.open(mxc);
    if (!opened.ok) {
      response.removeHeader('ETag');
      log.info('a file could not be passed on', { code: opened.error.code, why: opened.error.text });
      if (opened.error.retry === 'never')
        return say(request, response, 404, 'Nothing is here', 'The homeserver does not have this file any more.');
      response.set('Retry-After', '30');
      return say(request, response, 502, 'Not now', 'The homeserver does not give this file now. Try again later.');
    }
    const file = opened.value;
    try {
      await passOn(request, response, { file, name, id, maxBytes: pages.maxBytes, patience: patience ?? PATIENCE });
    } finally {
      file.close();
    }
  } finally {
    leave();
  }
}

type Passing = {
  readonly file: MediaFile;
  readonly name: string;
  readonly id: string;
  readonly maxBytes: number;
  readonly patience: Patience;
};

async function passOn(
  request: Request,
  response: Response,
  { file, name, id, maxBytes, patience }: Passing,
): Promise<void> {
  const { sizeBytes } = file;
  if ((sizeBytes ?? 0) > maxBytes) {
    response.removeHeader('ETag');
    return say(request, response, 403, 'Too large', 'This file is too large to be passed on. It can be had on Matrix.');
  }
  const { type, disposition } = servedType(file.type);
  response.set({
    'Content-Type': type,
    'Content-Disposition': contentDisposition(disposition, name),
    'Content-Security-Policy': FILE_POLICY,
    ...(sizeBytes === undefined ? {} : { 'Accept-Ranges': 'bytes' }),
  });
  const isSame = [undefined, `"${id}"`].includes(request.get('if-range'));
  const range = sizeBytes === undefined || !isSame ? undefined : byteRange(request.get('range'), sizeBytes);
  if (range === 'unsatisfiable') {
    response.status(416).set('Content-Range', `bytes */${sizeBytes}`).end();
    return;
  }
  // Of a file whose length nobody says, no more than the bound.
  const part = range ?? { first: 0, last: (sizeBytes ?? maxBytes) - 1 };
  if (range !== undefined) response.status(206).set('Content-Range', `bytes ${part.first}-${part.last}/${sizeBytes}`);
  if (sizeBytes !== undefined) response.set('Content-Length', String(part.last - part.first + 1));
  if (request.method === 'HEAD' || sizeBytes === 0) response.end();
  else await sendBytes(response, bytesWithin(file.body, part), patience);
}
