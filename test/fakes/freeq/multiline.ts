import { say } from './messages.ts';
import type { FreeqServer } from './server.ts';
import type { OpenBatch, Session } from './session.ts';
import type { Line } from './wire.ts';

const MAX_BYTES = 40_000;
const MAX_LINES = 100;
const MAX_OPEN = 5;

type Failure = readonly [code: string, ...rest: string[]];

const invalid = (why: string): Failure => ['MULTILINE_INVALID', why];

export function takeBatch(server: FreeqServer, session: Session, { params, tags }: Line): void {
  const [reference = '', type = '', target = ''] = params;
  const [sign, id] = [reference.slice(0, 1), reference.slice(1)];
  const fail = (failure: Failure | undefined): void => {
    if (failure !== undefined) server.answer(session, 'FAIL', 'BATCH', ...failure);
  };
  if (sign === '+') {
    fail(objectionToOpening(session, id, type, target));
    if (objectionToOpening(session, id, type, target) !== undefined) return;
    const carried = new Map([...tags].filter(([key]) => key !== 'batch'));
    session.batches.set(id, { target, tags: carried, lines: [], command: undefined, bytes: 0 });
    return;
  }
  if (sign !== '-') {
    fail(invalid(reference === '' ? 'BATCH reference-tag required' : 'BATCH reference-tag must start with + or -'));
    return;
  }
  const batch = session.batches.get(id);
  session.batches.delete(id);
  if (batch === undefined) fail(invalid('unknown batch id'));
  else if (batch.lines.length > 0 && batch.lines.every(({ body }) => body === ''))
    fail(invalid('batch consists entirely of blank lines'));
  else {
    const text = batch.lines.map(({ body, concat }, index) => (index > 0 && !concat ? `\n${body}` : body)).join('');
    const { target: to, tags: opener, lines, command = 'PRIVMSG' } = batch;
    say(server, session, { command, target: to, text, tags: opener, lines });
  }
}

function objectionToOpening(session: Session, id: string, type: string, target: string): Failure | undefined {
  if (id === '') return invalid('empty batch id');
  if (type !== 'draft/multiline') return invalid('unknown batch type');
  if (target === '') return invalid('missing batch target');
  if (session.batches.has(id)) return invalid('batch id already open');
  return session.batches.size >= MAX_OPEN ? invalid('too many concurrent batches') : undefined;
}

/** Puts a line into the open batch that it names. False where it names none, and is a message of its own. */
export function absorb(server: FreeqServer, session: Session, line: Line): boolean {
  const batch = openBatchOf(session, line);
  const [target = '', body = ''] = line.params;
  if (batch === undefined) return false;
  const concat = line.tags.has('draft/multiline-concat');
  const failure = objectionTo(batch, line.command, target, body, concat);
  if (failure !== undefined) {
    server.answer(session, 'FAIL', 'BATCH', ...failure);
    return true;
  }
  batch.command ??= line.command;
  batch.bytes += costOf(batch, body, concat);
  batch.lines.push({ body, concat });
  return true;
}

export const openBatchOf = (session: Session, { tags, params }: Line): OpenBatch | undefined =>
  params.length < 2 ? undefined : session.batches.get(tags.get('batch') ?? '');

const costOf = ({ lines }: OpenBatch, body: string, concat: boolean): number =>
  Buffer.byteLength(body) + (lines.length === 0 || concat ? 0 : 1);

function objectionTo(
  batch: OpenBatch,
  command: string,
  target: string,
  body: string,
  concat: boolean,
): Failure | undefined {
  if (target.toLowerCase() !== batch.target.toLowerCase())
    return ['MULTILINE_INVALID_TARGET', batch.target, target, 'Invalid multiline target'];
  if (batch.command !== undefined && batch.command !== command)
    return invalid('cannot mix PRIVMSG and NOTICE in a draft/multiline batch');
  if (concat && body === '') return invalid('cannot send a blank line with the multiline concat tag');
  if (concat && batch.lines.length === 0) return invalid('first line cannot carry draft/multiline-concat');
  if (batch.bytes + costOf(batch, body, concat) > MAX_BYTES)
    return ['MULTILINE_MAX_BYTES', String(MAX_BYTES), 'Multiline batch byte limit exceeded'];
  if (batch.lines.length >= MAX_LINES)
    return ['MULTILINE_MAX_LINES', String(MAX_LINES), 'Multiline batch line limit exceeded'];
  return undefined;
}
