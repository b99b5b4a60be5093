import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { CHAIN_START, type ChainVerdict, checkEnd, checkLine, readHead } from '../core/authority/audit-chain.ts';
import { chainTools } from './chain-tools.ts';

/** Far above any record of ours. */
const MAX_LINE_BYTES = 256 * 1024;

/** A line of a log; `torn`: the last, without a line break. Text longer than any record is shortened. */
export type LogLine = { readonly text: string; readonly torn: boolean; readonly bytes: number };

/**
 * The lines of a log of any size, in bounded memory.
 * @throws errors of the file system
 */
export async function* logLines(path: string): AsyncGenerator<LogLine> {
  let parts: Buffer[] = [];
  let bytes = 0;
  const take = (torn: boolean): LogLine => {
    const line = { text: Buffer.concat(parts).toString('utf8'), torn, bytes };
    parts = [];
    bytes = 0;
    return line;
  };
  const add = (part: Buffer): void => {
    // What is too long is no record, however it goes on.
    if (bytes <= MAX_LINE_BYTES) parts.push(part);
    bytes += part.length;
  };
  for await (const chunk of createReadStream(path, { highWaterMark: 256 * 1024 }) as AsyncIterable<Buffer>) {
    let from = 0;
    for (let at = chunk.indexOf(0x0a); at !== -1; at = chunk.indexOf(0x0a, from)) {
      add(chunk.subarray(from, at));
      from = at + 1;
      yield take(false);
    }
    if (from < chunk.length) add(chunk.subarray(from));
  }
  if (bytes > 0) yield take(true);
}

export type LogVerdict = {
  readonly verdict: ChainVerdict;
  /** Length of a last line that is not finished; 0: there is none. */
  readonly tornBytes: number;
  readonly publicKey: string;
};

/**
 * Verifies a log on disk, also while a bridge writes it.
 * @throws errors of the file system
 */
export async function verifyLog(path: string): Promise<LogVerdict> {
  // Before the log, which may grow meanwhile.
  const head = readHead(await readFile(`${path}.head`, 'utf8').catch(() => ''), chainTools);
  let state = CHAIN_START;
  let tornBytes = 0;
  for await (const { text, torn, bytes } of logLines(path)) {
    if (torn) {
      tornBytes = bytes;
      break;
    }
    const step = checkLine(state, text, chainTools, head);
    if (!step.ok) return { verdict: step, tornBytes, publicKey: state.publicKey };
    state = step.state;
  }
  return { verdict: checkEnd(state, head), tornBytes, publicKey: state.publicKey };
}
