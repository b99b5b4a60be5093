import { type Freshness, type Handle, type Member, ROLES, STATUSES, subjectKey } from './member.ts';

/** One subject as a store keeps it. */
export type DirectoryRow = {
  /** Subject key. */
  readonly subject: string;
  readonly member: Member | null;
  readonly revision: number;
  readonly asOfMs: number;
  /** Of somebody who is gone: what they had, so that the handle of a former member is not that of a stranger. */
  readonly formerHandles?: readonly Handle[];
  /** When they had that: whoever had a handle last is the one whose it was. */
  readonly formerRevision?: number;
};

export type StoredRecord = {
  readonly subject: string;
  readonly member: Member | null;
  readonly freshness: Freshness;
  readonly former?: { readonly revision: number; readonly handles: readonly Handle[] };
};

const KINDS: readonly unknown[] = ['mxid', 'did', 'irc-account'];
const VISIBILITIES: readonly unknown[] = ['role-only', 'alias', 'canonical'];
const VIAS: readonly unknown[] = ['push', 'poll', 'snapshot', 'cache'];

export const toRecord = ({ subject, member, revision, asOfMs, ...former }: DirectoryRow): StoredRecord => ({
  subject,
  member,
  freshness: { asOfMs, revision, via: 'cache' },
  ...(member === null &&
    former.formerHandles !== undefined && {
      former: { revision: former.formerRevision ?? revision, handles: former.formerHandles },
    }),
});

/** Whether a row is one, whatever its type says: stores give back what anybody wrote into them. */
export const isDirectoryRow = (row: DirectoryRow): boolean => isRecord(toRecord(row));

/** Whether a value has the shape of a member, to its last seat. */
function isMember(value: unknown): value is Member {
  if (!isObject(value) || !isObject(value.subject)) return false;
  const { subject, name, status, statusText, seats, roles, handles } = value;
  return (
    isText(subject.iss) &&
    isText(subject.sub) &&
    (name === undefined || isText(name)) &&
    (status === 'unmapped' || isOneOf(STATUSES, status)) &&
    isText(statusText) &&
    isList(seats, isSeat) &&
    isList(roles, (role) => isTerm(role) && isOneOf(ROLES, role.role)) &&
    isList(handles, isHandle)
  );
}

function isRecord(value: unknown): boolean {
  if (!isObject(value) || !isText(value.subject) || !isFreshness(value.freshness)) return false;
  const { member, former } = value;
  const isFormer =
    former === undefined || (isObject(former) && isNumber(former.revision) && isList(former.handles, isHandle));
  return isFormer && (member === null || (isMember(member) && subjectKey(member.subject) === value.subject));
}

const isSeat = (value: unknown): boolean =>
  isTerm(value) &&
  isText(value.group) &&
  isList(value.roles, (role) => isOneOf(ROLES, role)) &&
  (value.alias === undefined || isText(value.alias)) &&
  VISIBILITIES.includes(value.visibility);

const isTerm = (value: unknown): value is Fields =>
  isObject(value) && [value.notBeforeMs, value.notAfterMs].every((each) => each === undefined || isNumber(each));

const isHandle = (value: unknown): boolean =>
  isObject(value) &&
  KINDS.includes(value.kind) &&
  isText(value.value) &&
  (value.network === undefined || isText(value.network));

const isFreshness = (value: unknown): value is Freshness =>
  isObject(value) && isNumber(value.asOfMs) && isNumber(value.revision) && VIAS.includes(value.via);

type Fields = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isText = (value: unknown): value is string => typeof value === 'string';
const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
const isOneOf = (words: readonly string[], value: unknown): boolean => isText(value) && words.includes(value);
const isList = (value: unknown, isEach: (each: unknown) => boolean): boolean =>
  Array.isArray(value) && value.every(isEach);
