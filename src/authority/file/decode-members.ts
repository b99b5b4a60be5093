import { type Path, show } from '../../config/problem.ts';
import type { Agreement } from '../../core/authority/agreement.ts';
import {
  type Handle,
  handleKey,
  type Member,
  ROLES,
  type Role,
  type Seat,
  type ShardRole,
  STATUSES,
} from '../../core/authority/member.ts';
import { nearest } from '../../core/text/nearest.ts';
import {
  inOrder,
  MAX_GROUP,
  MAX_HANDLES,
  MAX_SUBJECT,
  roleOf,
  statusOf,
  toDidHandle,
  toIrcHandle,
  toMatrixHandle,
  type Words,
} from '../words.ts';
import { decodeAgreements } from './decode-agreements.ts';
import { readDate, readLine, readMap, readOneOrMore, type Tree, TreeProblems } from './decode-tree.ts';

export const MAX_MEMBERS = 100_000;
const MAX_PROBLEMS = 20;
const MAX_NAME = 200;
const MAX_SEATS = 1_000;
const MAX_ROLES = 100;

/** Something that is no mistake of form and has no effect: a word that nobody explained. */
export type Note = { readonly path: Path; readonly text: string };

export type DecodedMembers = {
  readonly members: readonly Member[];
  /** Undefined: an empty file says nothing of them. */
  readonly agreements: readonly Agreement[] | undefined;
  readonly problems: TreeProblems['found'];
  readonly notes: readonly Note[];
};

const MEMBER_KEYS = ['id', 'name', 'status', 'matrix', 'irc', 'did', 'roles', 'groups'];
const ROLE_KEYS = ['role', 'from', 'until'];
const SEAT_KEYS = ['group', 'roles', 'from', 'until', 'alias', 'visibility'];
const VISIBILITIES = ['role-only', 'alias', 'canonical'] as const;

type HandleKind = { readonly key: string; readonly to: (value: string) => Handle | undefined; readonly form: string };

const HANDLES: readonly HandleKind[] = [
  { key: 'matrix', to: toMatrixHandle, form: 'Write a Matrix id in quotes, such as "@ada:willow.example".' },
  { key: 'irc', to: toIrcHandle, form: 'Write the id of the network, / and the account, such as home/ada.' },
  { key: 'did', to: toDidHandle, form: 'Write a DID, such as did:key:z6Mk….' },
];

/**
 * The tree of a list of members (docs/authority-file.md) as members. Whatever is wrong anywhere is a problem, and with
 * one problem the members are not to be used.
 */
export function decodeMembers(root: unknown, issuer: string, words: Words): DecodedMembers {
  const problems = new TreeProblems(MAX_PROBLEMS);
  const members: Member[] = [];
  const decoder = new MemberDecoder(issuer, words, problems);
  const empty = root === null || root === undefined;
  const tree = empty ? {} : readMap(root, [], 'The list', ['members', 'agreements'], problems);
  const entries = tree?.members;
  if (Array.isArray(entries)) {
    if (entries.length > MAX_MEMBERS)
      problems.add(['members'], `There are ${entries.length} members.`, `At most ${MAX_MEMBERS} are read.`);
    for (const [i, entry] of entries.slice(0, MAX_MEMBERS).entries()) {
      if (problems.isFull) break;
      const member = decoder.member(entry, ['members', i]);
      if (member !== undefined) members.push(member);
    }
  } else if (!empty && tree !== undefined && problems.found.length === 0) {
    const missing = entries === undefined ? 'There is no key members.' : `members is a list, not ${show(entries)}.`;
    problems.add(['members'], missing, 'Write members: [] if there is nobody.');
  }
  const agreements = tree === undefined || empty ? undefined : decodeAgreements(tree.agreements, issuer, problems);
  return { members, agreements, problems: problems.found, notes: decoder.notes };
}

class MemberDecoder {
  readonly notes: Note[] = [];
  readonly #issuer: string;
  readonly #words: Words;
  readonly #problems: TreeProblems;
  readonly #bySubject = new Map<string, string>();
  readonly #byHandle = new Map<string, string>();

  constructor(issuer: string, words: Words, problems: TreeProblems) {
    this.#issuer = issuer;
    this.#words = words;
    this.#problems = problems;
  }

  member(entry: unknown, path: Path): Member | undefined {
    const problems = this.#problems;
    const tree = readMap(entry, path, 'A member', MEMBER_KEYS, problems);
    if (tree === undefined) return undefined;
    if (tree.id === undefined)
      return problems.add(path, 'This member has no id.', 'Give it one that stays for ever, such as id: ada.');
    const sub = readLine(tree.id, [...path, 'id'], { maxLength: MAX_SUBJECT, form: 'Such as id: ada.' }, problems);
    if (sub === undefined) return undefined;
    if (this.#bySubject.has(sub))
      return problems.add([...path, 'id'], `Two members have the id ${show(sub)}.`, 'An id belongs to one person.');
    this.#bySubject.set(sub, sub);
    const text = (key: string, form: string): string | undefined =>
      tree[key] === undefined
        ? undefined
        : readLine(tree[key], [...path, key], { maxLength: MAX_NAME, form }, problems);
    const name = text('name', 'Such as name: Ada Lovelace.');
    const statusText = text('status', `One of ${STATUSES.join(', ')}.`) ?? 'active';
    const status = statusOf(statusText, this.#words);
    if (status === 'unmapped')
      this.#note([...path, 'status'], `Nobody explained the standing ${show(statusText)}`, statusText, STATUSES);
    return {
      subject: { iss: this.#issuer, sub },
      ...(name !== undefined && { name }),
      status,
      statusText,
      seats: this.#seats(tree, path),
      roles: this.#shardRoles(tree, path),
      handles: this.#handles(tree, path, sub),
    };
  }

  #handles(tree: Tree, path: Path, sub: string): Handle[] {
    const own = new Map<string, Handle>();
    for (const { key, to, form } of HANDLES) {
      if (tree[key] === undefined) continue;
      for (const [at, value] of readOneOrMore(tree[key], [...path, key], MAX_HANDLES, this.#problems)) {
        const line = readLine(value, at, { maxLength: MAX_SUBJECT, form }, this.#problems);
        if (line === undefined) continue;
        const handle = to(line);
        if (handle === undefined) {
          this.#problems.add(at, `${show(line)} is not what ${key} wants.`, form);
          continue;
        }
        // Accounts compare without case on every network there is.
        const id = handle.kind === 'irc-account' ? handleKey(handle).toLowerCase() : handleKey(handle);
        const owner = this.#byHandle.get(id);
        if (owner !== undefined && owner !== sub)
          this.#problems.add(at, `${show(line)} belongs to ${show(owner)} already.`, 'It can be one person’s only.');
        this.#byHandle.set(id, sub);
        own.set(id, handle);
      }
    }
    return [...own.values()];
  }

  #shardRoles(tree: Tree, path: Path): ShardRole[] {
    if (tree.roles === undefined) return [];
    const at = [...path, 'roles'];
    return readOneOrMore(tree.roles, at, MAX_ROLES, this.#problems).flatMap(([place, value]) => {
      if (typeof value === 'string') return this.#role(value, place).map((role) => ({ role }));
      const map = readMap(value, place, 'A role', ROLE_KEYS, this.#problems);
      if (map === undefined) return [];
      const dates = this.#interval(map, place);
      return this.#role(map.role, [...place, 'role']).map((role) => ({ role, ...dates }));
    });
  }

  #seats(tree: Tree, path: Path): Seat[] {
    if (tree.groups === undefined) return [];
    const at = [...path, 'groups'];
    const seen = new Set<string>();
    return readOneOrMore(tree.groups, at, MAX_SEATS, this.#problems).flatMap(([place, value]) => {
      const seat = this.#seat(value, place);
      if (seat === undefined) return [];
      if (seen.has(seat.group))
        this.#problems.add(place, `The group ${show(seat.group)} stands here twice.`, 'Put its roles into one entry.');
      seen.add(seat.group);
      return [seat];
    });
  }

  #seat(value: unknown, path: Path): Seat | undefined {
    const problems = this.#problems;
    const form = { maxLength: MAX_GROUP, form: 'Write the id of a group, such as garden.' };
    if (typeof value === 'string') {
      const group = readLine(value, path, form, problems);
      return group === undefined ? undefined : { group, roles: ['member'], visibility: 'canonical' };
    }
    const map = readMap(value, path, 'A seat', SEAT_KEYS, problems);
    if (map === undefined) return undefined;
    if (map.group === undefined) return problems.add(path, 'This seat has no group.', form.form);
    const group = readLine(map.group, [...path, 'group'], form, problems);
    const roles =
      map.roles === undefined
        ? (['member'] as const)
        : inOrder(
            new Set(
              readOneOrMore(map.roles, [...path, 'roles'], MAX_ROLES, problems).flatMap(([at, role]) =>
                this.#role(role, at),
              ),
            ),
          );
    const alias =
      map.alias === undefined
        ? undefined
        : readLine(map.alias, [...path, 'alias'], { maxLength: MAX_NAME, form: 'Such as alias: Rose.' }, problems);
    const visibility = VISIBILITIES.find((one) => one === (map.visibility ?? 'canonical'));
    if (visibility === undefined)
      problems.add([...path, 'visibility'], `${show(map.visibility)} is no visibility.`, `${VISIBILITIES.join(', ')}.`);
    if (visibility === 'alias' && map.alias === undefined)
      problems.add([...path, 'visibility'], 'The seat is to show an alias and has none.', 'Add alias: NAME.');
    const dates = this.#interval(map, path);
    if (group === undefined || visibility === undefined) return undefined;
    return {
      group,
      roles: roles.length === 0 ? ['member'] : roles,
      ...(alias !== undefined && { alias }),
      visibility,
      ...dates,
    };
  }

  #interval(map: Tree, path: Path): { notBeforeMs?: number; notAfterMs?: number } {
    const problems = this.#problems;
    const notBeforeMs = map.from === undefined ? undefined : readDate(map.from, [...path, 'from'], false, problems);
    const notAfterMs = map.until === undefined ? undefined : readDate(map.until, [...path, 'until'], true, problems);
    if (notBeforeMs !== undefined && notAfterMs !== undefined && notAfterMs < notBeforeMs)
      problems.add([...path, 'until'], 'It ends before it begins.', 'until comes after from.');
    return { ...(notBeforeMs !== undefined && { notBeforeMs }), ...(notAfterMs !== undefined && { notAfterMs }) };
  }

  #role(value: unknown, path: Path): Role[] {
    const form = `One of ${ROLES.join(', ')}, or a word of authority.roles.`;
    const word = readLine(value, path, { maxLength: MAX_NAME, form }, this.#problems);
    if (word === undefined) return [];
    const role = roleOf(word, this.#words);
    if (role !== undefined) return [role];
    this.#note(path, `Nobody explained the role ${show(word)}, so it gives nothing`, word, ROLES);
    return [];
  }

  #note(path: Path, text: string, word: string, ours: readonly string[]): void {
    const meant = nearest(word, ours);
    this.notes.push({
      path,
      text: `${text}. ${meant === undefined ? `We know ${ours.join(', ')}.` : `Did you mean ${meant}?`}`,
    });
  }
}
