import { stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { readBounded } from '../../config/substitute.ts';
import type { Clock } from '../../ports/clock.ts';
import { pause } from '../pause.ts';
import { type Answer, type Unknown, unknown } from '../unknown.ts';
import { MAX_BYTES, type MembersText, type ReadMembers } from './read-members.ts';

/** Nobody wrote for so long. */
const QUIET_MS = 50;
/** The same where it looks as if the writer had only begun: then a pause of a busy machine is no end. */
const LONG_QUIET_MS = 800;
/** A save by "remove, then create" leaves no file in between. */
const MISSING_QUIET_MS = 300;
/** A file that is written all the time is no answer. */
const MAX_SETTLE_MS = 10_000;

/** Which file, and which writing of it; a reason where there is none. */
type Stamp = { readonly id: string; readonly inode: string; readonly wrong?: Unknown };

export type SettledParts = {
  readonly path: string;
  readonly parse: (text: Pick<MembersText, 'file' | 'text'>) => Promise<Answer<ReadMembers>>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
};

type Accepted = { readonly stamp: Stamp; readonly text: string; readonly read: Answer<ReadMembers> };

/**
 * A file that others write as they like: in place, in pieces, or by putting another in its place. It is read when it
 * was quiet for a moment, so that half a list is never taken for a list.
 */
export class SettledFile {
  readonly #parts: SettledParts;
  #accepted: Accepted | undefined;
  /** The newest text that was a list. */
  #good = '';
  #reading: Promise<Answer<ReadMembers>> | undefined;

  constructor(parts: SettledParts) {
    this.#parts = parts;
  }

  /** What the file says now. An unchanged file is not read again: the answer is the same object. */
  read(): Promise<Answer<ReadMembers>> {
    this.#reading ??= this.#settle().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #settle(): Promise<Answer<ReadMembers>> {
    const { path, clock, signal, parse } = this.#parts;
    let stamp = await stampOf(path);
    if (this.#accepted !== undefined && stamp.id === this.#accepted.stamp.id) return this.#accepted.read;
    const beganMs = clock.nowMs();
    let sinceMs = beganMs;
    let candidate: Accepted | undefined;
    while (!signal.aborted) {
      await pause(clock, QUIET_MS / 2, signal);
      const now = await stampOf(path);
      if (now.id !== stamp.id) {
        stamp = now;
        sinceMs = clock.nowMs();
        candidate = undefined;
        if (sinceMs - beganMs > MAX_SETTLE_MS)
          return unknown('stale', `The list of members ${path} is being written without end, so nobody can read it.`);
        continue;
      }
      const quietMs = clock.nowMs() - sinceMs;
      if (quietMs < QUIET_MS) continue;
      if (stamp.wrong !== undefined) {
        if (this.#accepted !== undefined && quietMs < MISSING_QUIET_MS) continue;
        return this.#accept({ stamp, text: '', read: stamp.wrong });
      }
      if (candidate === undefined) {
        const text = await readBounded(path, MAX_BYTES);
        const file = basename(path);
        const read =
          'wrong' in text
            ? unknown('malformed', `The list of members ${path} ${text.wrong} ${text.remedy}`)
            : await parse({ file, text: text.text });
        candidate = { stamp, text: 'wrong' in text ? '' : text.text, read };
        if ((await stampOf(path)).id !== stamp.id) continue;
      }
      if (clock.nowMs() - sinceMs >= this.#quietWanted(candidate)) return this.#accept(candidate);
    }
    return unknown('stale', 'Causeway is stopping, so nothing is read any more.');
  }

  #accept(accepted: Accepted): Answer<ReadMembers> {
    this.#accepted = accepted;
    if (accepted.read.kind === 'ok') this.#good = accepted.text;
    return accepted.read;
  }

  /** Where it could be the beginning of what is to come, more patience is wanted. */
  #quietWanted({ stamp, text, read }: Accepted): number {
    const { inode = '' } = this.#accepted?.stamp ?? {};
    // A new file in the place of the old one is whole; one that is written into may not be.
    const wasReplaced = inode !== '' && inode !== stamp.inode;
    const isBeginning = !wasReplaced && this.#good.length > text.length && this.#good.startsWith(text);
    const isOdd = read.kind === 'unknown' || text.trim() === '' || endsInLine(text, this.#good);
    return isBeginning || isOdd ? LONG_QUIET_MS : QUIET_MS;
  }
}

/** Whether the last line has no end, and is not how the file ended before either. JSON shows its end by a bracket. */
function endsInLine(text: string, before: string): boolean {
  const last = text.slice(text.lastIndexOf('\n') + 1);
  const isWholeJson = /^\s*[{[]/.test(text) && /[}\]]\s*$/.test(text);
  return last.trim() !== '' && !isWholeJson && !before.endsWith(`\n${last}`);
}

async function stampOf(path: string): Promise<Stamp> {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = await stat(resolve(path), { bigint: true });
    return { id: `${dev} ${ino} ${size} ${mtimeNs} ${ctimeNs}`, inode: `${dev} ${ino}` };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    return { id: code, inode: '', wrong: missing(path, code) };
  }
}

function missing(path: string, code: string): Unknown {
  if (code === 'ENOENT' || code === 'ENOTDIR')
    return unknown('unreachable', `The list of members ${path} is not there. Without it nobody is let in or removed.`);
  if (code === 'EACCES')
    return unknown('unauthorized', `The list of members ${path} may not be read by the user of this process.`);
  return unknown('unreachable', `The list of members ${path} cannot be read (${code}).`);
}
