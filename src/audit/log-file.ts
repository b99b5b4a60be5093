import { type FileHandle, mkdir, open, readFile, rename, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import {
  type ChainEnd,
  canonicalJson,
  type Fields,
  headText,
  lastWhole,
  NO_RECORD,
  type RecordKind,
  readHead,
  readRecord,
  sealRecord,
} from '../core/authority/audit-chain.ts';
import { chainTools } from './chain-tools.ts';
import { ensureSigningKey, type SigningKey } from './signing-key.ts';

/** How much of the end is read at a start. A record has 16 KiB at most, a batch a few hundred of them. */
const TAIL_BYTES = 4 * 1024 * 1024;
const FIRST_LINE_BYTES = 4096;

/** The file is not what it should be, in words for an admin. */
export class WrongLog extends Error {
  override readonly name = 'WrongLog';
}

/** Which file, and how much of it is certainly written. */
export type FileMark = { readonly identity: string; readonly sizeBytes: number };

export type Draft = {
  readonly kind: RecordKind;
  /** A signature depends on what stands before it. */
  readonly fields: Fields | ((before: ChainEnd) => Fields);
  readonly ts: string;
};

/** What was found at opening, and goes into the log as the first thing. */
export type Finding =
  | { readonly kind: 'fresh' }
  | { readonly kind: 'whole' }
  /** Bytes that a stop in the middle of writing had left, and that were taken away. */
  | { readonly kind: 'repaired'; readonly bytes: number }
  /** Somebody changed it. */
  | { readonly kind: 'break'; readonly why: string };

/**
 * The file of an audit log with its key (`PATH.key`) and head (`PATH.head`), open for appending.
 *
 * One process writes it: the lock of the database is what ensures that, since a configuration names one database and one
 * log. Should two bridges be given the same log all the same, the size of the file is not what this one left, and
 * nothing more is written until it was looked at again.
 */
export class LogFile {
  readonly path: string;
  readonly key: SigningKey;
  readonly finding: Finding;
  readonly #handle: FileHandle;
  readonly #identity: string;
  #sizeBytes: number;
  #end: ChainEnd;
  /** Whether the file ends in the middle of a line that is not ours to remove. */
  #openLine: boolean;

  private constructor(path: string, handle: FileHandle, found: Found) {
    this.path = path;
    this.#handle = handle;
    this.key = found.key;
    this.finding = found.finding;
    this.#identity = found.identity;
    this.#sizeBytes = found.sizeBytes;
    this.#end = found.end;
    this.#openLine = found.openLine;
  }

  /**
   * @param known of this file when it was open before and writing failed: what stands behind its end was not acknowledged
   * @throws errors of the file system, {@link WrongLog}
   */
  static async open(path: string, known?: FileMark): Promise<LogFile> {
    await ensureFolder(dirname(path));
    const before = await stat(path).catch(absent);
    // Opening a pipe would wait for ever.
    if (before !== undefined && !before.isFile()) throw new WrongLog(`${path} is no file.`);
    const key = await ensureSigningKey(`${path}.key`);
    // The head first: a log that has lines has a head, also after a stop between the two.
    if ((before?.size ?? 0) === 0 && (await stat(`${path}.head`).catch(absent)) === undefined)
      await writeHead(path, NO_RECORD, key);
    const handle = await open(path, 'a+', 0o600);
    try {
      if (before === undefined) await syncFolder(dirname(path));
      else if ((before.mode & 0o077) !== 0) await handle.chmod(0o600);
      return new LogFile(path, handle, await inspect(path, handle, key, known));
    } catch (error) {
      await handle.close().catch(() => undefined);
      throw error;
    }
  }

  get end(): ChainEnd {
    return this.#end;
  }

  get mark(): FileMark {
    return { identity: this.#identity, sizeBytes: this.#sizeBytes };
  }

  /**
   * Appends records, and comes back when they are on disk.
   * @throws errors of the file system, {@link WrongLog}; then the file has to be opened anew
   */
  async append(drafts: readonly Draft[]): Promise<void> {
    await this.#ensureUndisturbed();
    const { digest } = chainTools;
    let end = this.#end;
    const lines = drafts.map(({ kind, fields, ts }) => {
      const content = typeof fields === 'function' ? fields(end) : fields;
      const sealed = sealRecord(kind, content, { before: end, ts, digest });
      end = sealed.end;
      return sealed.line;
    });
    const bytes = Buffer.from(`${this.#openLine ? '\n' : ''}${lines.join('\n')}\n`);
    try {
      await this.#handle.appendFile(bytes);
      await this.#handle.datasync();
    } catch (error) {
      // A line written by half would be taken for a changed one; where this fails too, opening does it.
      await this.#handle.truncate(this.#sizeBytes).catch(() => undefined);
      throw error;
    }
    this.#sizeBytes += bytes.length;
    this.#end = end;
    this.#openLine = false;
  }

  /** Keeps what the last record is beside the log. @throws errors of the file system */
  async noteHead(): Promise<void> {
    await writeHead(this.path, this.#end, this.key);
  }

  async close(): Promise<void> {
    await this.#handle.close().catch(() => undefined);
  }

  async #ensureUndisturbed(): Promise<void> {
    const [there, own] = await Promise.all([stat(this.path).catch(absent), this.#handle.stat()]);
    if (there === undefined || identityOf(there) !== this.#identity)
      throw new WrongLog(`${this.path} was moved away or deleted while the bridge writes it.`);
    if (own.size !== this.#sizeBytes)
      throw new WrongLog(`${this.path} was changed by another program while the bridge writes it.`);
  }
}

type Found = {
  readonly key: SigningKey;
  readonly finding: Finding;
  readonly identity: string;
  readonly sizeBytes: number;
  readonly end: ChainEnd;
  readonly openLine: boolean;
};

/** Finds out where the log goes on, and removes what a stop in the middle of writing had left. */
async function inspect(path: string, handle: FileHandle, key: SigningKey, known?: FileMark): Promise<Found> {
  let stats = await handle.stat();
  if (known !== undefined && known.identity === identityOf(stats) && stats.size > known.sizeBytes) {
    await handle.truncate(known.sizeBytes);
    stats = await handle.stat();
  }
  const { head, headWrong } = await headOf(path, key);
  const found = { key, identity: identityOf(stats), sizeBytes: stats.size, openLine: false };
  const text = await readAt(handle, Math.max(0, stats.size - TAIL_BYTES), TAIL_BYTES);
  const last = lastWhole(splitLines(text), chainTools.digest);
  if (last === undefined) {
    const nothingYet = head !== undefined && head.seq === 0;
    if (stats.size > 0 && !nothingYet) throw notALog(path);
    if (stats.size > 0) await handle.truncate(0);
    const lost = head !== undefined && head.seq > 0;
    const why = headWrong ?? (lost ? `a log with ${head.seq} records had been here, and it is gone.` : undefined);
    const finding: Finding = why === undefined ? { kind: 'fresh' } : { kind: 'break', why };
    return { ...found, finding, sizeBytes: 0, end: NO_RECORD };
  }
  await ensureFirstLine(path, handle);
  const end: ChainEnd = { seq: last.record.seq, hash: last.record.hash };
  const wholeBytes = stats.size - text.length + endOfLine(text, last.index);
  const rest = stats.size - wholeBytes;
  const openLine = text.at(-1) !== LINE_BREAK;
  const why = headWrong ?? (head === undefined ? undefined : shortened(text, end, head));
  if (why !== undefined) return { ...found, finding: { kind: 'break', why }, end, openLine };
  if (rest === 0) return { ...found, finding: { kind: 'whole' }, end, openLine };
  await handle.truncate(wholeBytes);
  await handle.datasync();
  return { ...found, finding: { kind: 'repaired', bytes: rest }, sizeBytes: wholeBytes, end };
}

function shortened(text: Buffer, end: ChainEnd, head: ChainEnd): string | undefined {
  if (head.seq > end.seq)
    return `the log went to record ${head.seq} and now ends with ${end.seq}: its end was cut off.`;
  for (const line of splitLines(text).reverse()) {
    const read = readRecord(line, chainTools.digest);
    if (!read.ok || read.record.seq > head.seq) continue;
    if (read.record.seq < head.seq || read.record.hash === head.hash) return undefined;
    return `record ${head.seq} is not the one that was written: the end of the log was replaced.`;
  }
  return undefined;
}

async function headOf(path: string, key: SigningKey): Promise<{ head?: ChainEnd; headWrong?: string }> {
  const text = await readFile(`${path}.head`, 'utf8').catch(absent);
  if (text === undefined) return { headWrong: 'the head file beside the log is gone.' };
  const head = readHead(text, chainTools);
  if (head === undefined) return { headWrong: 'the head file beside the log was changed.' };
  if (head.publicKey !== key.publicKey) return { headWrong: 'the key file beside the log is another than before.' };
  return { head };
}

async function ensureFirstLine(path: string, handle: FileHandle): Promise<void> {
  const [line = ''] = splitLines(await readAt(handle, 0, FIRST_LINE_BYTES));
  const read = readRecord(line, chainTools.digest);
  if (!read.ok || (read.record.kind !== 'key' && read.record.kind !== 'break')) throw notALog(path);
}

async function writeHead(path: string, end: ChainEnd, key: SigningKey): Promise<void> {
  const head = { ...end, publicKey: key.publicKey, signature: key.sign(headText(end)) };
  const file = await open(`${path}.head.new`, 'w', 0o600);
  try {
    await file.writeFile(`${canonicalJson(head)}\n`);
    await file.datasync();
  } finally {
    await file.close();
  }
  await rename(`${path}.head.new`, `${path}.head`);
}

/** On a read-only disk a recursive `mkdir` of Node says ENOENT, a plain one what it is. */
async function ensureFolder(path: string): Promise<void> {
  const options = { mode: 0o700 };
  await mkdir(path, { ...options, recursive: true }).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    await mkdir(path, options);
  });
}

/** A new file is only there after a power cut when its folder was flushed. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  await folder.sync().finally(() => folder.close());
}

const LINE_BREAK = 0x0a;

async function readAt(handle: FileHandle, position: number, maxBytes: number): Promise<Buffer> {
  const buffer = Buffer.alloc(Math.min(maxBytes, Math.max(0, (await handle.stat()).size - position)));
  let length = 0;
  while (length < buffer.length) {
    const { bytesRead } = await handle.read(buffer, length, buffer.length - length, position + length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return buffer.subarray(0, length);
}

/** Bytes that are no UTF-8 become U+FFFD, but line breaks stay as many as they are. */
const splitLines = (text: Buffer): string[] => text.toString('utf8').split('\n');

function endOfLine(text: Buffer, index: number): number {
  let at = 0;
  for (let line = 0; line <= index; line++) {
    const next = text.indexOf(LINE_BREAK, at);
    if (next === -1) return text.length;
    at = next + 1;
  }
  return at;
}

const identityOf = ({ dev, ino }: { dev: number; ino: number }): string => `${dev}:${ino}`;

/** What is not there is undefined; what may not be read is a failure. */
function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
  return undefined;
}

const notALog = (path: string): WrongLog =>
  new WrongLog(
    `${path} is no audit log of Causeway, or its first line was changed. Move it away or name another file.`,
  );
