/**
 * The audit log as a chain: each record carries the hash of the one before and its own, so that a line that was changed,
 * removed, inserted or moved is found, and where. Signed checkpoints make it useless to compute the chain anew, and the
 * head (the last record, kept beside the log) shows when the end was cut off. Hashing and signatures are passed in.
 */

export type Scalar = string | number | null;
/** What a record says; flat, so that there is one way to write it. */
export type Fields = Readonly<Record<string, Scalar | undefined>>;

/**
 * `key`: the first line, with the public key. `entry`: what happened. `checkpoint`: signs everything before it.
 * `break`: the bridge itself found that the log is not what it had written, and went on from here.
 */
export type RecordKind = 'key' | 'entry' | 'checkpoint' | 'break';

export type AuditRecord = Readonly<Record<string, Scalar>> & {
  readonly kind: RecordKind;
  /** 1, 2, 3, …: the number of the line. */
  readonly seq: number;
  /** ISO 8601, UTC. */
  readonly ts: string;
  readonly prevHash: string;
  readonly hash: string;
};

/** The last record of a log. */
export type ChainEnd = { readonly seq: number; readonly hash: string };
export const NO_RECORD: ChainEnd = { seq: 0, hash: '0'.repeat(64) };

/** What is kept beside the log, so that a shortened log is noticed. */
export type Head = ChainEnd & { readonly publicKey: string; readonly signature: string };

export type ChainTools = {
  /** SHA-256 of the UTF-8 text, in lower-case hex. */
  readonly digest: (text: string) => string;
  /** Whether an Ed25519 signature is right; false also for what is no key and no signature. */
  readonly signed: (publicKey: string, text: string, signature: string) => boolean;
};

/** Control characters beyond those that JSON escapes, and signs that reorder or hide text in a terminal. */
const HIDDEN = /[\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** The one way to write some fields: keys in the order of their code units, no spaces, nothing hidden. */
export function canonicalJson(fields: Fields): string {
  const parts = Object.keys(fields)
    .filter((key) => fields[key] !== undefined)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${JSON.stringify(fields[key])}`);
  return `{${parts.join(',')}}`.replace(HIDDEN, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** What the signature of a checkpoint is about. */
export const checkpointText = (before: ChainEnd): string =>
  `causeway audit checkpoint 1\n${before.seq}\n${before.hash}`;
/** What the signature of the head is about. */
export const headText = (end: ChainEnd): string => `causeway audit head 1\n${end.seq}\n${end.hash}`;

/** One more record. @returns its line, without a line break, and the new end */
export function sealRecord(
  kind: RecordKind,
  fields: Fields,
  { before, ts, digest }: { before: ChainEnd; ts: string; digest: ChainTools['digest'] },
): { readonly line: string; readonly end: ChainEnd } {
  const record = { ...fields, kind, seq: before.seq + 1, ts, prevHash: before.hash };
  const hash = digest(canonicalJson(record));
  return { line: canonicalJson({ ...record, hash }), end: { seq: record.seq, hash } };
}

type Wrong = { readonly ok: false; readonly why: string };

/** Reads one line, believing nothing. `why` goes on after “line 5 ”. */
export function readRecord(
  line: string,
  digest: ChainTools['digest'],
): { readonly ok: true; readonly record: AuditRecord } | Wrong {
  const fields = parsedFields(line);
  if (fields === undefined) return { ok: false, why: 'is no record of an audit log: it was changed or is damaged.' };
  const { hash, ...rest } = fields;
  if (canonicalJson(fields) !== line || digest(canonicalJson(rest)) !== hash)
    return { ok: false, why: 'was changed after it had been written: it does not fit its own hash.' };
  return isRecord(fields) ? { ok: true, record: fields } : { ok: false, why: 'lacks what every record has.' };
}

function parsedFields(line: string): Record<string, Scalar> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    const flat = Object.values(value).every(
      (field) => field === null || typeof field === 'string' || typeof field === 'number',
    );
    return flat ? (value as Record<string, Scalar>) : undefined;
  } catch {
    return undefined;
  }
}

const KINDS: readonly Scalar[] = ['key', 'entry', 'checkpoint', 'break'] satisfies RecordKind[];

const isRecord = (fields: Record<string, Scalar>): fields is AuditRecord =>
  KINDS.includes(fields.kind ?? null) &&
  Number.isSafeInteger(fields.seq) &&
  [fields.ts, fields.prevHash, fields.hash].every((field) => typeof field === 'string');

/** Reads the file beside the log. undefined where it is nothing that the bridge has written. */
export function readHead(text: string, tools: ChainTools): Head | undefined {
  const { seq, hash, publicKey, signature } = parsedFields(text.trim()) ?? {};
  if (typeof seq !== 'number' || typeof hash !== 'string') return undefined;
  if (typeof publicKey !== 'string' || typeof signature !== 'string') return undefined;
  const head = { seq, hash, publicKey, signature };
  return tools.signed(publicKey, headText(head), signature) ? head : undefined;
}

/** How far a log was read and found right. */
export type ChainState = {
  readonly line: number;
  readonly end: ChainEnd;
  readonly publicKey: string;
  readonly entries: number;
  readonly checkpoints: number;
  /** Last record that a checkpoint signs; 0: none. */
  readonly signedSeq: number;
  readonly firstTs: string | undefined;
  readonly lastTs: string | undefined;
};

export const CHAIN_START: ChainState = {
  line: 0,
  end: NO_RECORD,
  publicKey: '',
  entries: 0,
  checkpoints: 0,
  signedSeq: 0,
  firstTs: undefined,
  lastTs: undefined,
};

export type ChainVerdict =
  | { readonly ok: true; readonly count: number; readonly state: ChainState }
  | { readonly ok: false; readonly line: number; readonly why: string };
type Step = { readonly ok: true; readonly state: ChainState } | Extract<ChainVerdict, { ok: false }>;

/**
 * Checks the next line; {@link checkEnd} follows the last one. Logs are too large to hold.
 * @param head as it was before the first line was read: the log of a running bridge grows meanwhile
 */
export function checkLine(state: ChainState, text: string, tools: ChainTools, head: Head | undefined): Step {
  const line = state.line + 1;
  const read = readRecord(text, tools.digest);
  if (!read.ok) return { ok: false, line, why: read.why };
  const { record } = read;
  const wrong =
    misplaced(record, state.end) ?? KIND_CHECKS[record.kind](record, state, tools) ?? replaced(record, head);
  if (wrong !== undefined) return { ok: false, line, why: wrong };
  const { seq, hash, ts, kind, publicKey } = record;
  const checkpoint = kind === 'checkpoint';
  return {
    ok: true,
    state: {
      line,
      end: { seq, hash },
      publicKey: kind === 'key' ? String(publicKey) : state.publicKey,
      entries: state.entries + (kind === 'entry' ? 1 : 0),
      checkpoints: state.checkpoints + (checkpoint ? 1 : 0),
      signedSeq: checkpoint ? state.end.seq : state.signedSeq,
      firstTs: state.firstTs ?? ts,
      lastTs: ts,
    },
  };
}

function misplaced({ seq, prevHash }: AuditRecord, before: ChainEnd): string | undefined {
  const missing = seq - before.seq - 1;
  if (missing > 0)
    return `is record ${seq}: ${missing === 1 ? 'one before it is' : `${missing} before it are`} missing.`;
  if (missing < 0) return `is record ${seq}, which has its place before: it was inserted, repeated or moved.`;
  return prevHash === before.hash ? undefined : 'does not follow from the line before it: one of the two was replaced.';
}

const replaced = ({ seq, hash }: AuditRecord, head: Head | undefined): string | undefined =>
  head !== undefined && seq === head.seq && hash !== head.hash
    ? 'is not the record that the bridge had written there: the end of the log was replaced.'
    : undefined;

type KindCheck = (record: AuditRecord, state: ChainState, tools: ChainTools) => string | undefined;

const afterKey: KindCheck = (_record, { line }) => (line === 0 ? 'is the first and names no key.' : undefined);

const KIND_CHECKS: Readonly<Record<RecordKind, KindCheck>> = {
  key: (_record, { line }) => (line === 0 ? undefined : 'names another key, which only the first line may do.'),
  entry: afterKey,
  checkpoint: ({ signature }, state, tools) =>
    tools.signed(state.publicKey, checkpointText(state.end), String(signature))
      ? undefined
      : 'is a checkpoint with a wrong signature: it or something before it was made by somebody else.',
  break: ({ why }) => `was written by the bridge when it found the log changed: ${String(why)}`,
};

/** Whether the end is there. @param head undefined: the file beside the log is missing or was not written by the bridge */
export function checkEnd(state: ChainState, head: Head | undefined): ChainVerdict {
  const line = state.line + 1;
  if (head === undefined)
    return { ok: false, line, why: 'may be missing: the head file beside the log is missing or was changed.' };
  if (state.line > 0 && head.publicKey !== state.publicKey)
    return { ok: false, line: 1, why: 'names another key than the head file beside the log.' };
  if (head.seq > state.end.seq)
    return { ok: false, line, why: `is missing: the log goes to record ${head.seq}, and its end was cut off.` };
  if (state.line === 0) return { ok: false, line, why: 'is missing: the log is empty.' };
  return { ok: true, count: state.line, state };
}

/**
 * Where a log goes on, out of its newest lines: the last line that is whole. What comes after it was being written when
 * the process or the machine stopped.
 * @param lines with, at the end, a torn one
 * @returns undefined where no line is whole; `index` of the line
 */
export function lastWhole(
  lines: readonly string[],
  digest: ChainTools['digest'],
): { readonly index: number; readonly record: AuditRecord } | undefined {
  for (let index = lines.length - 1; index >= 0; index--) {
    const read = readRecord(lines[index] ?? '', digest);
    if (read.ok) return { index, record: read.record };
  }
  return undefined;
}
