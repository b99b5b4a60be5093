import { type Path, show } from '../../config/problem.ts';
import {
  AGREEMENT_STATES,
  type Agreement,
  type Grant,
  type PeerKeys,
  VISITOR_ACTIONS,
  type VisitorAction,
} from '../../core/authority/agreement.ts';
import { publicKeysOf } from '../keys/public-keys.ts';
import { readDate, readLine, readMap, readOneOrMore, type Tree, type TreeProblems } from './decode-tree.ts';

const MAX_AGREEMENTS = 1_000;
const MAX_GRANTS = 1_000;
const MAX_ORIGINS = 20;
const MAX_ID = 100;
const MAX_TEXT = 255;
const DEFAULT_SESSION_SEC = 600;
const SESSION_SEC = { least: 10, most: 86_400 } as const;

const KEYS = ['id', 'version', 'state', 'decidedBy', 'endedBy', 'peer', 'grants', 'maxSessionSec', 'notAfter'];
const PEER_KEYS = ['iss', 'homeserver', 'jwks', 'ircOrigins'];
const RESOURCE = /^(channel:[a-z0-9-]{1,20}\/\S+|space:\S+)$/u;
/** In clear only on this machine. */
const PUBLISHED = /^(https:\/\/|http:\/\/(127\.0\.0\.1|localhost)[:/])\S{1,500}$/;
/** A server name (Matrix specification, appendix "Server Name"), with its port where it has one. */
const SERVER = /^(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(:\d{1,5})?$/;

/** The key `agreements` of a list of members (docs/agreements.md). One mistake makes nothing of the file count. */
export function decodeAgreements(value: unknown, issuer: string, problems: TreeProblems): readonly Agreement[] {
  if (value === undefined || value === null) return [];
  const path = ['agreements'];
  if (!Array.isArray(value)) {
    problems.add(path, `agreements is a list, not ${show(value)}.`, 'Write agreements: [] if there are none.');
    return [];
  }
  const ids = new Set<string>();
  return readOneOrMore(value, path, MAX_AGREEMENTS, problems).flatMap(([at, entry]) => {
    const agreement = decodeAgreement(entry, at, issuer, problems);
    if (agreement === undefined) return [];
    if (ids.has(agreement.id))
      problems.add([...at, 'id'], `Two agreements have the id ${show(agreement.id)}.`, 'Give each its own.');
    ids.add(agreement.id);
    return [agreement];
  });
}

function decodeAgreement(entry: unknown, path: Path, issuer: string, problems: TreeProblems): Agreement | undefined {
  const tree = readMap(entry, path, 'An agreement', KEYS, problems);
  if (tree === undefined) return undefined;
  const text = (key: string, form: string, maxLength = MAX_TEXT): string | undefined =>
    tree[key] === undefined
      ? problems.add(path, `This agreement has no ${key}.`, form)
      : readLine(tree[key], [...path, key], { maxLength, form }, problems);
  const id = text('id', 'Such as id: willow-elm.', MAX_ID);
  const word = text('state', `One of ${AGREEMENT_STATES.join(', ')}.`);
  const state = AGREEMENT_STATES.find((one) => one === word);
  if (word !== undefined && state === undefined)
    problems.add([...path, 'state'], `${show(word)} is no state.`, `One of ${AGREEMENT_STATES.join(', ')}.`);
  const version = wholeNumber(tree, 'version', path, { least: 1, most: Number.MAX_SAFE_INTEGER }, 1, problems);
  const maxSessionSec = wholeNumber(tree, 'maxSessionSec', path, SESSION_SEC, DEFAULT_SESSION_SEC, problems);
  const notAfterMs =
    tree.notAfter === undefined ? undefined : readDate(tree.notAfter, [...path, 'notAfter'], true, problems);
  const endedBy = tree.endedBy === undefined ? undefined : text('endedBy', 'The reference of the vote.');
  const decidedBy = decodeVotes(tree.decidedBy, [...path, 'decidedBy'], problems);
  const peer = decodePeer(tree.peer, path, issuer, problems);
  const grants = decodeGrants(tree.grants, [...path, 'grants'], problems);
  if (id === undefined || state === undefined || version === undefined || maxSessionSec === undefined) return undefined;
  if (peer === undefined) return undefined;
  return {
    id,
    version,
    peer,
    state,
    decidedBy,
    ...(endedBy !== undefined && { endedBy }),
    grants,
    maxSessionSec,
    ...(notAfterMs !== undefined && { notAfterMs }),
  };
}

function wholeNumber(
  tree: Tree,
  key: string,
  path: Path,
  { least, most }: { readonly least: number; readonly most: number },
  otherwise: number,
  problems: TreeProblems,
): number | undefined {
  const value = tree[key] ?? otherwise;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most) return value;
  return problems.add(
    [...path, key],
    `${show(value)} is not what ${key} wants.`,
    `A whole number from ${least} to ${most}.`,
  );
}

/** A missing vote is no mistake: the agreement is not decided yet, and admits nobody. */
function decodeVotes(value: unknown, path: Path, problems: TreeProblems): Agreement['decidedBy'] {
  if (value === undefined) return {};
  const tree = readMap(value, path, 'decidedBy', ['local', 'peer'], problems);
  const vote = (key: 'local' | 'peer'): string | undefined =>
    tree?.[key] === undefined || tree[key] === null
      ? undefined
      : readLine(tree[key], [...path, key], { maxLength: MAX_TEXT, form: 'The reference of a vote.' }, problems);
  const [local, peer] = [vote('local'), vote('peer')];
  return { ...(local !== undefined && { local }), ...(peer !== undefined && { peer }) };
}

function decodePeer(
  value: unknown,
  above: Path,
  issuer: string,
  problems: TreeProblems,
): Agreement['peer'] | undefined {
  const path = [...above, 'peer'];
  const form = 'Such as peer: {iss: https://id.elm.example, homeserver: elm.example, jwks: {keys: […]}}.';
  if (value === undefined) return problems.add(above, 'This agreement has no peer.', form);
  const tree = readMap(value, path, 'A peer', PEER_KEYS, problems);
  if (tree === undefined) return undefined;
  const text = (key: string, how: string): string | undefined =>
    tree[key] === undefined
      ? problems.add(path, `This peer has no ${key}.`, how)
      : readLine(tree[key], [...path, key], { maxLength: MAX_TEXT, form: how }, problems);
  const iss = text('iss', 'The name under which its members are known, such as https://id.elm.example.');
  if (iss !== undefined && (iss === issuer || /\s/.test(iss)))
    problems.add(
      [...path, 'iss'],
      iss === issuer ? 'The peer’s issuer is our own.' : 'An issuer has no spaces.',
      'Write the peer’s, such as https://id.elm.example.',
    );
  const homeserver = text('homeserver', 'The server name of its people’s accounts, such as elm.example.');
  if (homeserver !== undefined && !SERVER.test(homeserver))
    problems.add([...path, 'homeserver'], `${show(homeserver)} is no server name.`, 'Such as elm.example.');
  const jwks = decodeKeys(tree.jwks, path, problems);
  const ircOrigins =
    tree.ircOrigins === undefined
      ? []
      : readOneOrMore(tree.ircOrigins, [...path, 'ircOrigins'], MAX_ORIGINS, problems).flatMap(
          ([at, one]) => readLine(one, at, { maxLength: MAX_TEXT, form: 'Such as irc.elm.example.' }, problems) ?? [],
        );
  return iss === undefined || homeserver === undefined || jwks === undefined
    ? undefined
    : { iss, homeserver, jwks, ircOrigins };
}

function decodeKeys(value: unknown, peer: Path, problems: TreeProblems): PeerKeys | undefined {
  const path = [...peer, 'jwks'];
  const form =
    'Write the peer’s public keys, such as jwks: {keys: [{kty: OKP, crv: Ed25519, kid: a1, x: …}]}, or where it publishes them.';
  if (value === undefined) return problems.add(peer, 'This peer has no jwks.', form);
  if (typeof value === 'string')
    return PUBLISHED.test(value) ? value : problems.add(path, `${show(value)} is no https address.`, form);
  if (hasPrivateKey(value))
    return problems.add(
      path,
      'There is a private key: whoever reads this file can sign with it.',
      'Have the peer change it.',
    );
  const keys = publicKeysOf(value, 'This');
  return keys.kind === 'ok' ? (value as PeerKeys) : problems.add(path, keys.text, form);
}

/** RFC 7518 §6: `d` of every kind of key, `k` of a secret. */
function hasPrivateKey(value: unknown): boolean {
  const { keys } = (typeof value === 'object' && value !== null ? value : {}) as { readonly keys?: unknown };
  const isPrivate = (key: unknown): boolean => typeof key === 'object' && key !== null && ('d' in key || 'k' in key);
  return Array.isArray(keys) && keys.some(isPrivate);
}

function decodeGrants(value: unknown, path: Path, problems: TreeProblems): readonly Grant[] {
  if (value === undefined) return [];
  return readOneOrMore(value, path, MAX_GRANTS, problems).flatMap(([at, entry]) => {
    const tree = readMap(entry, at, 'A grant', ['resource', 'actions'], problems);
    if (tree === undefined) return [];
    const form = 'Such as resource: "channel:home/#commons", or space:coop.';
    const resource = readLine(tree.resource, [...at, 'resource'], { maxLength: MAX_TEXT, form }, problems);
    if (resource !== undefined && !RESOURCE.test(resource))
      problems.add([...at, 'resource'], `${show(resource)} names no channel and no Space.`, form);
    const actions = readOneOrMore(tree.actions, [...at, 'actions'], VISITOR_ACTIONS.length, problems).flatMap(
      ([place, action]) => decodeAction(action, place, problems) ?? [],
    );
    return resource === undefined ? [] : [{ resource, actions }];
  });
}

function decodeAction(value: unknown, path: Path, problems: TreeProblems): VisitorAction | undefined {
  const action = VISITOR_ACTIONS.find((one) => one === value);
  return (
    action ??
    problems.add(path, `${show(value)} is nothing that a visitor can do.`, `Some of ${VISITOR_ACTIONS.join(', ')}.`)
  );
}
