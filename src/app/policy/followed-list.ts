import type { MatrixEvent } from '../../core/events.ts';
import { isRuleType, type PolicyRule, readRule } from '../../core/policy/policy-rule.ts';
import type { PolicyRow } from '../../ports/policy-store.ts';
import type { Signal } from '../timing/signal.ts';

/** State events of one list that are kept in mind, empty ones included. */
export const MAX_SLOTS = 100_000;
/** Longer than any entity that is followed, so that what is cut stays too long. */
const MAX_KEPT = 300;

/** One policy list, as the configuration names it. */
export type FollowedList = {
  /** As people know it. */
  readonly name: string;
  roomId: string | undefined;
  /** By slot: what stands there. */
  rows: Map<string, PolicyRow>;
  /** How many rows cannot be understood; undefined where that has to be counted anew. */
  unreadable: number | undefined;
  /** A sentence, while it cannot be read. */
  problem: string | undefined;
  /** When it was last read whole, milliseconds since 1970. */
  readAtMs: number | undefined;
  /** What came while it is being read; undefined while it is not. */
  meanwhile: PolicyRow[] | undefined;
  /** All of it is on disk. */
  isSaved: boolean;
  /** It is to be read anew. */
  isAsked: boolean;
  readonly wake: Signal;
  /** What admins were told of. */
  readonly toldOf: Set<string>;
};

/** @returns undefined for what is no rule's event */
export function rowOf(event: MatrixEvent, digest: (text: string) => string): PolicyRow | undefined {
  if (event.state_key === undefined || !isRuleType(event.type)) return undefined;
  const { entity, recommendation, reason } = event.content;
  return {
    room: event.room_id,
    slot: digest(`${event.type}\n${event.state_key}`).slice(0, 40),
    type: event.type,
    eventId: event.event_id,
    sentAtMs: event.origin_server_ts,
    content: JSON.stringify({ entity: kept(entity), recommendation: kept(recommendation), reason: kept(reason) }),
  };
}

/** What is no text is kept as a number: a mistake is not the same as nothing. */
const kept = (value: unknown): string | number | undefined =>
  typeof value === 'string' ? value.slice(0, MAX_KEPT) : value === undefined ? undefined : 0;

/** The rule in a row; undefined where there is none that is followed. */
export function ruleIn({ type, content }: PolicyRow): PolicyRule | undefined {
  const rule = readRule(type, JSON.parse(content) as Record<string, unknown>);
  return typeof rule === 'string' ? undefined : rule;
}

const isUnreadable = ({ type, content }: PolicyRow): boolean =>
  readRule(type, JSON.parse(content) as Record<string, unknown>) === 'unreadable';

/** Rows that somebody wrote wrongly. */
export function unreadableIn(list: FollowedList): number {
  list.unreadable ??= [...list.rows.values()].filter(isUnreadable).length;
  return list.unreadable;
}

/** What of a list is on disk and is not so any more. */
export function difference(
  before: ReadonlyMap<string, PolicyRow>,
  now: ReadonlyMap<string, PolicyRow>,
): { readonly changed: readonly PolicyRow[]; readonly gone: readonly string[] } {
  const changed = [...now.values()].filter((row) => {
    const known = before.get(row.slot);
    return known?.eventId !== row.eventId || known.content !== row.content;
  });
  return { changed, gone: [...before.keys()].filter((slot) => !now.has(slot)) };
}
