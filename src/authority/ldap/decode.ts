/**
 * Bytes of an LDAP server to answers. The package's own client cannot take answers in the middle of a request (RFC 4511
 * §4.13), and takes an empty page for the end of the list; its codec is good.
 */
import {
  BerReader,
  BindResponse,
  Control,
  ExtendedResponse,
  type MessageResponse,
  PagedResultsControl,
  SearchEntry,
  SearchReference,
  SearchResponse,
} from 'ldapts';

/** Names of attributes are in lower case, without options such as `;lang-en`, unless the option is a range. */
export type LdapEntry = { readonly dn: string; readonly attributes: ReadonlyMap<string, readonly string[]> };

/** RFC 4533 §2.2: present, add, modify or delete. */
export type SyncState = { readonly state: 'present' | 'add' | 'modify' | 'delete'; readonly uuid: string };

/** RFC 4533 §2.5. */
export type SyncInfo =
  | { readonly kind: 'cookie' }
  | { readonly kind: 'refreshed'; readonly done: boolean }
  | { readonly kind: 'uuids'; readonly deleted: boolean; readonly uuids: readonly string[] };

export type Received = { readonly id: number } & (
  | { readonly op: 'entry'; readonly entry: LdapEntry; readonly sync: SyncState | undefined }
  | { readonly op: 'reference' }
  | { readonly op: 'info'; readonly info: SyncInfo | undefined }
  /** The end of a request, or the server's farewell (id 0). `cookie`: there are more pages. */
  | {
      readonly op: 'result';
      readonly code: number;
      readonly detail: string;
      readonly cookie: Buffer | undefined;
    }
);

const SYNC_STATE = '1.3.6.1.4.1.4203.1.9.1.2';
const SYNC_INFO = '1.3.6.1.4.1.4203.1.9.1.4';
const INTERMEDIATE = 0x79;
const STATES = ['present', 'add', 'modify', 'delete'] as const;
/** Attributes whose values are bytes that may look like text. */
const BINARY: ReadonlySet<string> = new Set(['objectguid']);

class SyncStateControl extends Control {
  value: SyncState | undefined;

  constructor() {
    super(SYNC_STATE);
  }

  protected override parseControl(reader: BerReader): void {
    reader.readSequence();
    const state = STATES[reader.readEnumeration() ?? -1];
    const uuid = reader.readString(0x04, true);
    if (state === undefined || uuid?.length !== 16) throw new Error('a sync state that is none');
    this.value = { state, uuid: uuid.toString('hex') };
  }
}

const RESPONSES: Readonly<Record<number, (messageId: number) => MessageResponse>> = {
  97: (messageId) => new BindResponse({ messageId }),
  100: (messageId) => new SearchEntry({ messageId }),
  101: (messageId) => new SearchResponse({ messageId }),
  115: (messageId) => new SearchReference({ messageId }),
  120: (messageId) => new ExtendedResponse({ messageId }),
};

/** @param bytes exactly one LDAPMessage. @throws on anything that is none */
export function decode(bytes: Buffer): Received {
  const reader = new BerReader(bytes);
  if (reader.readSequence(0x30) === null) throw new Error('no LDAPMessage');
  const id = reader.readInt();
  const op = reader.readSequence();
  if (id === null || op === null) throw new Error('an LDAPMessage without id or operation');
  if (op === INTERMEDIATE) return { id, op: 'info', info: decodeIntermediate(reader) };
  const response = RESPONSES[op]?.(id);
  if (response === undefined) throw new Error(`an answer of the unknown kind 0x${op.toString(16)}`);
  const sync = new SyncStateControl();
  response.parse(reader, [sync]);
  if (response instanceof SearchEntry) return { id, op: 'entry', entry: toEntry(response), sync: sync.value };
  if (response instanceof SearchReference) return { id, op: 'reference' };
  const paged = response.controls?.find((control) => control instanceof PagedResultsControl);
  const cookie = paged?.value?.cookie;
  return {
    id,
    op: 'result',
    code: response.status,
    detail: response.errorMessage,
    cookie: cookie !== undefined && cookie.length > 0 ? Buffer.from(cookie) : undefined,
  };
}

function toEntry({ name, attributes }: SearchEntry): LdapEntry {
  const found = new Map<string, string[]>();
  for (const { type, parsedBuffers } of attributes) {
    const lower = type.toLowerCase();
    const key = lower.includes(';range=') ? lower : lower.replace(/;.*$/s, '');
    const texts = parsedBuffers.map((value) => value.toString(BINARY.has(key) ? 'hex' : 'utf8'));
    found.set(key, [...(found.get(key) ?? []), ...texts]);
  }
  return { dn: name, attributes: found };
}

/** IntermediateResponse ::= [APPLICATION 25] SEQUENCE { responseName [0], responseValue [1] } */
function decodeIntermediate(reader: BerReader): SyncInfo | undefined {
  const end = reader.offset + reader.length;
  const name = reader.offset < end && reader.peek() === 0x80 ? reader.readString(0x80) : undefined;
  if (name !== SYNC_INFO) return undefined;
  const value = reader.readString(0x81, true);
  if (value === null) throw new Error('a sync info message without value');
  return decodeSyncInfo(new BerReader(value));
}

function decodeSyncInfo(reader: BerReader): SyncInfo {
  const tag = reader.peek();
  if (tag === 0x80) return { kind: 'cookie' };
  reader.readSequence();
  const end = reader.offset + reader.length;
  const cookie = (): void => {
    if (reader.offset < end && reader.peek() === 0x04) reader.readString(0x04, true);
  };
  const flag = (otherwise: boolean): boolean =>
    reader.offset < end && reader.peek() === 0x01 ? reader.readBoolean() === true : otherwise;
  cookie();
  if (tag === 0xa1 || tag === 0xa2) return { kind: 'refreshed', done: flag(true) };
  if (tag !== 0xa3) throw new Error('a sync info message of an unknown kind');
  const deleted = flag(false);
  const uuids: string[] = [];
  reader.readSequence(0x31);
  while (reader.offset < end) {
    const uuid = reader.readString(0x04, true);
    if (uuid?.length !== 16) throw new Error('a sync info message with a damaged id');
    uuids.push(uuid.toString('hex'));
  }
  return { kind: 'uuids', deleted, uuids };
}
