import type { NetworkStatus } from '../ports/network-status.ts';
import type { Listener } from './listening/listener.ts';
import type { Pool } from './puppets/pool.ts';

/** How the network stands, for people. The channels are only gone through when somebody asks for them: there may be thousands. */
export function readStatus(listener: Listener | undefined, pool: Pool | undefined, nowMs: number): NetworkStatus {
  if (listener === undefined) {
    return { state: 'down', sinceMs: nowMs, puppets: { connected: 0, wanted: 0 }, reconnects: 0, channels: new Map() };
  }
  const { session } = listener;
  const { state, sinceMs } = listener.standing;
  const problem = listener.standing.problem ?? pool?.problem;
  const { notes } = listener.invitations;
  return {
    state,
    ...(problem !== undefined && { problem }),
    sinceMs,
    puppets: pool?.counts ?? { connected: 0, wanted: 0 },
    reconnects: Math.max(listener.reconnects, 0),
    ...(notes.length > 0 && { notes }),
    ...(session?.link.software !== undefined && { software: session.link.software }),
    get channels() {
      return channelsOf(listener);
    },
  };
}

function channelsOf({ joins, session }: Listener): NetworkStatus['channels'] {
  const channels = new Map<string, { joined: boolean; problem?: string; members: number }>();
  for (const wished of joins.all()) {
    const problem = wished.problem === undefined ? {} : { problem: wished.problem };
    const members = session?.roster.size(wished.channel) ?? 0;
    channels.set(wished.channel, { joined: wished.state === 'joined', members, ...problem });
  }
  return channels;
}
