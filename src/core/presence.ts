/** Who is there and who is away, as Matrix and networks say it. Source: Matrix client-server API "Presence", RFC 2812 §4.1. */
import { stripFormatting } from './text/strip.ts';

const PRESENCE_STATES = ['online', 'unavailable', 'offline'] as const;
type PresenceState = (typeof PRESENCE_STATES)[number];

/** How somebody is shown on Matrix. Without `status` they say nothing of it themselves. */
export type Presence = { readonly state: PresenceState; readonly status?: string };

/** Longest status, in code points: what clients show beside a name. */
export const MAX_STATUS = 200;

/** What turns the reading direction or is not seen, and lone surrogates. Tabs and line ends are blanks by then. */
const HIDDEN = /[\p{Cc}\p{Cs}\p{Default_Ignorable_Code_Point}\ufff9-\ufffb]/gu;

/** One line of plain text that somebody wrote of themselves, bounded; empty for nothing that can be seen. */
export function statusText(text: string): string {
  // A bound before the work: statuses of a megabyte exist on Matrix.
  const line = stripFormatting(text.slice(0, 10 * MAX_STATUS))
    .replace(/\s+/gu, ' ')
    .replace(HIDDEN, '')
    .trim();
  const points = [...line];
  return points.length <= MAX_STATUS ? line : `${points.slice(0, MAX_STATUS - 1).join('')}…`;
}

/**
 * How a person of a network is shown on Matrix.
 * @param away what they said when they went away, empty for nothing; undefined: they are not away
 */
export function presenceOf(isThere: boolean, away: string | undefined): Presence {
  if (!isThere) return { state: 'offline' };
  if (away === undefined) return { state: 'online' };
  const status = statusText(away);
  return status === '' ? { state: 'unavailable' } : { state: 'unavailable', status };
}

/** What is said of those who said nothing themselves: IRC has no away without a text. */
const SAID_OF: Readonly<Record<PresenceState, string | undefined>> = {
  online: undefined,
  unavailable: 'Away',
  offline: 'Offline',
};

/** The text under which a person of Matrix is away on a network; undefined: they are there. */
export function awayOf({ state, status = '' }: Presence): string | undefined {
  const said = SAID_OF[state];
  return said === undefined ? undefined : statusText(status) || said;
}

/** What `m.presence` says; undefined for a state that is none. Busy people are away (MSC3026). */
export function readPresence(content: Readonly<Record<string, unknown>>): Presence | undefined {
  const { presence, status_msg: status } = content;
  const state = presence === 'busy' || presence === 'org.matrix.msc3026.busy' ? 'unavailable' : presence;
  const known = PRESENCE_STATES.find((one) => one === state);
  if (known === undefined) return undefined;
  return typeof status === 'string' && status !== '' ? { state: known, status: statusText(status) } : { state: known };
}
