import { safeName } from '../text/safe-name.ts';

/** About whom a rule is: people, whole servers, rooms. */
export type PolicyKind = 'user' | 'server' | 'room';

/** A rule of a policy list that shuts somebody out. */
export type PolicyRule = {
  readonly kind: PolicyKind;
  /** A Matrix id, a server's name or a room's id or alias; with `*` and `?` any that match. */
  readonly entity: string;
  /** As its author wrote it, made fit to be shown; empty where none was given. */
  readonly reason: string;
};

/** `none`: it was taken back, redacted, or asks for something else. `unreadable`: somebody made a mistake, and nothing follows. */
export type RuleRead = PolicyRule | 'none' | 'unreadable';

const kinds = (prefix: string): [string, PolicyKind][] =>
  (['user', 'server', 'room'] as const).map((kind) => [`${prefix}.${kind}`, kind]);

/** Types of state events that are rules (Client-Server API, "Moderation policy lists"), with those in use before they were specified. */
const KINDS: ReadonlyMap<string, PolicyKind> = new Map([
  ...kinds('m.policy.rule'),
  ...kinds('m.room.rule'),
  ...kinds('org.matrix.mjolnir.rule'),
]);

/** What shuts out. A takedown (MSC4204) asks for more than a ban, and for a ban too. */
const BANS: ReadonlySet<unknown> = new Set([
  'm.ban',
  'org.matrix.mjolnir.ban',
  'm.takedown',
  'org.matrix.msc4204.takedown',
]);

/** An id has at most 255 bytes; a longer pattern is nothing that anybody needs. */
const MAX_ENTITY = 255;
const FORMS: Readonly<Record<PolicyKind, RegExp>> = {
  user: /^[@*?]/,
  server: /^[^@#!]/,
  room: /^[!#*?]/,
};
const UNFIT = /[\s\p{Cc}\p{Cs}]/u;

export const isRuleType = (type: string): boolean => KINDS.has(type);

/** Reads a state event as anybody may have written it. */
export function readRule(type: string, content: Readonly<Record<string, unknown>>): RuleRead {
  const kind = KINDS.get(type);
  const { entity, recommendation, reason } = content;
  if (kind === undefined || (entity === undefined && recommendation === undefined)) return 'none';
  if (typeof recommendation === 'string' && !BANS.has(recommendation)) return 'none';
  if (typeof recommendation !== 'string' || typeof entity !== 'string') return 'unreadable';
  if (entity.length > MAX_ENTITY || UNFIT.test(entity) || !FORMS[kind].test(entity)) return 'unreadable';
  const shown = typeof reason === 'string' ? safeName(reason, '') : '';
  // Several stars in a row are one.
  const short = entity.replace(/\*{2,}/g, '*');
  return { kind, entity: kind === 'server' ? short.toLowerCase() : short, reason: shown };
}
