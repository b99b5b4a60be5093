import { type NetworkTrust, TRUST_WORDS } from '../identity/assurance.ts';
import { escapeLocalpart, GHOST_PREFIX, type NetworkId } from '../ids.ts';

/** What a portal's room should look like. */
export type PortalRoom = {
  readonly network: NetworkId;
  readonly networkName: string;
  /** What the network speaks, as clients know it: `irc`, `freeq`. */
  readonly protocol: string;
  /** Whose server it is. */
  readonly trust: NetworkTrust;
  readonly channel: string;
  readonly name: string;
  readonly topic?: string;
};

export type StateEvent = {
  readonly type: string;
  readonly state_key: string;
  readonly content: Readonly<Record<string, unknown>>;
};

/** The bot stays the highest power; people may talk, the bridge's staff may moderate. */
const BOT_POWER = 100;

/**
 * Power levels of a room that we make. Level 0 may not invite: on Dendrite it otherwise may, outsiders included
 * (facts of a live server). In room version 12 the creator must not be named (it has more than any level).
 */
export function portalPowerLevels(botId: string, roomVersion: string): Record<string, unknown> {
  const creatorsAreAbove = Number.parseInt(roomVersion, 10) >= 12;
  return {
    users: creatorsAreAbove ? {} : { [botId]: BOT_POWER },
    users_default: 0,
    events_default: 0,
    state_default: 50,
    ban: 50,
    kick: 50,
    redact: 50,
    invite: 50,
    events: {
      'm.room.power_levels': 100,
      'm.room.encryption': 100,
      'm.room.join_rules': 100,
      'm.room.guest_access': 100,
      'm.room.server_acl': 100,
      'm.room.tombstone': 100,
      'm.room.history_visibility': 100,
      'm.bridge': 100,
      'uk.half-shot.bridge': 100,
      'm.room.topic': 50,
      'm.room.name': 50,
    },
    notifications: { room: 50 },
  };
}

/** Bridge information as clients show it (MSC2346), under both names in use. */
export function bridgeState(room: PortalRoom, botId: string): StateEvent[] {
  const content = {
    bridgebot: botId,
    protocol: { id: room.protocol, displayname: PROTOCOLS.get(room.protocol) ?? room.protocol },
    network: { id: room.network, displayname: `${room.networkName} (${TRUST_WORDS[room.trust]})` },
    channel: { id: room.channel, displayname: room.channel },
    'coop.causeway.bridge': { network: room.network, channel: room.channel, trust: room.trust },
  };
  const stateKey = `coop.causeway://${room.network}/${escapeLocalpart(room.channel)}`;
  return ['m.bridge', 'uk.half-shot.bridge'].map((type) => ({ type, state_key: stateKey, content }));
}

const PROTOCOLS: ReadonlyMap<string, string> = new Map([['irc', 'IRC']]);

/** State events that a new room starts with. */
export function initialState(room: PortalRoom, botId: string): StateEvent[] {
  return [
    ...bridgeState(room, botId),
    { type: 'm.room.guest_access', state_key: '', content: { guest_access: 'forbidden' } },
    { type: 'm.room.history_visibility', state_key: '', content: { history_visibility: 'shared' } },
  ];
}

/**
 * Alias in our own namespace that each portal's room also has. Dendrite then knows at once that an event concerns us,
 * instead of loading all members of the room for each event.
 */
export const namespaceAlias = (network: NetworkId, channel: string, serverName: string): string =>
  `#${GHOST_PREFIX}${network}_${escapeLocalpart(channel)}:${serverName}`;

/** Full alias of what the configuration writes: a localpart, a full alias, or undefined for a room id. */
export function aliasOf(room: string, serverName: string): string | undefined {
  if (room.startsWith('!')) return undefined;
  return room.includes(':') ? room : `${room}:${serverName}`;
}
