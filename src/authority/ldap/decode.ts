/**
 * Bytes of an LDAP server to answers. The package's own client cannot take answers in the middle of a request (RFC 4511
 * §4.13), takes an empty page for the end of the list, and can be sent into an endless loop; it writes our requests.
 */
import {
  BOOLEAN,
  type Element,
  ENUMERATED,
  elements,
  expect,
  INTEGER,
  OCTETS,
  SEQUENCE,
  SET,
  toNumber,
} from './ber.ts';

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
const PAGED_RESULTS = '1.2.840.113556.1.4.319';
const CONTROLS = 0xa0;
const STATES = ['present', 'add', 'modify', 'delete'] as const;
/** Attributes whose values are bytes that may look like text. */
const BINARY: ReadonlySet<string> = new Set(['objectguid']);

type Controls = ReadonlyMap<string, Buffer>;

/** By the tag of the operation (RFC 4511 §4.2 to §4.13). */
const OPERATIONS: Readonly<Record<number, (id: number, content: Buffer, controls: Controls) => Received>> = {
  97: toResult,
  100: (id, content, controls) => ({ id, op: 'entry', entry: toEntry(content), sync: toSyncState(controls) }),
  101: toResult,
  115: (id) => ({ id, op: 'reference' }),
  120: toResult,
  121: (id, content) => ({ id, op: 'info', info: toInfo(content) }),
};

/** @param bytes exactly one LDAPMessage. @throws on anything that is none */
export function decode(bytes: Buffer): Received {
  const [whole, ...rest] = elements(bytes);
  const [id, operation, controls] = elements(expect(whole, SEQUENCE));
  if (rest.length > 0 || operation === undefined) throw new Error('no LDAPMessage');
  const read = OPERATIONS[operation.tag];
  if (read === undefined) throw new Error(`an answer of the unknown kind 0x${operation.tag.toString(16)}`);
  return read(toNumber(expect(id, INTEGER)), operation.content, toControls(controls));
}

function toControls(element: Element | undefined): Controls {
  const found = new Map<string, Buffer>();
  if (element?.tag !== CONTROLS) return found;
  for (const control of elements(element.content)) {
    const [type, ...more] = elements(expect(control, SEQUENCE));
    const value = more.find(({ tag }) => tag === OCTETS);
    found.set(expect(type, OCTETS).toString('latin1'), value?.content ?? Buffer.alloc(0));
  }
  return found;
}

function toResult(id: number, content: Buffer, controls: Controls): Received {
  const [code, , detail] = elements(content);
  const paged = controls.get(PAGED_RESULTS);
  return {
    id,
    op: 'result',
    code: toNumber(expect(code, ENUMERATED)),
    detail: expect(detail, OCTETS).toString('utf8'),
    cookie: paged === undefined ? undefined : toCookie(paged),
  };
}

/** RFC 2696 §2. @returns undefined at the end of the list; a copy, since the message lives longer otherwise */
function toCookie(value: Buffer): Buffer | undefined {
  const [, cookie] = elements(expect(elements(value)[0], SEQUENCE));
  const bytes = expect(cookie, OCTETS);
  return bytes.length > 0 ? Buffer.from(bytes) : undefined;
}

function toEntry(content: Buffer): LdapEntry {
  const [name, list] = elements(content);
  const found = new Map<string, string[]>();
  for (const attribute of elements(expect(list, SEQUENCE))) {
    const [type, values] = elements(expect(attribute, SEQUENCE));
    const lower = expect(type, OCTETS).toString('utf8').toLowerCase();
    const key = lower.includes(';range=') ? lower : lower.replace(/;.*$/s, '');
    const encoding = BINARY.has(key) ? 'hex' : 'utf8';
    const texts = elements(expect(values, SET)).map((value) => expect(value, OCTETS).toString(encoding));
    found.set(key, [...(found.get(key) ?? []), ...texts]);
  }
  return { dn: expect(name, OCTETS).toString('utf8'), attributes: found };
}

/** RFC 4533 §2.2. */
function toSyncState(controls: Controls): SyncState | undefined {
  const value = controls.get(SYNC_STATE);
  if (value === undefined) return undefined;
  const [number, uuid] = elements(expect(elements(value)[0], SEQUENCE));
  const state = STATES[toNumber(expect(number, ENUMERATED))];
  if (state === undefined) throw new Error('a sync state that is none');
  return { state, uuid: toUuid(uuid) };
}

function toUuid(element: Element | undefined): string {
  const bytes = expect(element, OCTETS);
  if (bytes.length !== 16) throw new Error('a damaged id');
  return bytes.toString('hex');
}

/** IntermediateResponse: responseName [0], responseValue [1] (RFC 4511 §4.13). @returns undefined for those of others */
function toInfo(content: Buffer): SyncInfo | undefined {
  const parts = elements(content);
  const name = parts.find(({ tag }) => tag === 0x80)?.content.toString('latin1');
  if (name !== SYNC_INFO) return undefined;
  const [info] = elements(
    expect(
      parts.find(({ tag }) => tag === 0x81),
      0x81,
    ),
  );
  return info === undefined ? undefined : toSyncInfo(info);
}

/** RFC 4533 §2.5: newcookie [0], refreshDelete [1], refreshPresent [2], syncIdSet [3]. */
function toSyncInfo({ tag, content }: Element): SyncInfo {
  if (tag === 0x80) return { kind: 'cookie' };
  const parts = elements(content);
  const flag = parts.find((part) => part.tag === BOOLEAN);
  if (tag === 0xa1 || tag === 0xa2) return { kind: 'refreshed', done: flag?.content[0] !== 0 };
  if (tag !== 0xa3) throw new Error('a sync info message of an unknown kind');
  const uuids = elements(
    expect(
      parts.find((part) => part.tag === SET),
      SET,
    ),
  ).map(toUuid);
  return { kind: 'uuids', deleted: flag !== undefined && flag.content[0] !== 0, uuids };
}
