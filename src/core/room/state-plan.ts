import type { ActualRoom, Content } from './actual-room.ts';
import type { ManagedRoom } from './layout.ts';
import { planLinks } from './link-plan.ts';
import { MANAGED_MARK } from './managed-mark.ts';
import { RESTRICTED_SINCE } from './misfits.ts';

/** One state event to write. `why` is a sentence for the log and the admin room. */
export type StateWrite = {
  readonly type: string;
  readonly state_key: string;
  readonly content: Content;
  readonly why: string;
};

export type StateView = {
  readonly room: ActualRoom;
  readonly wanted: ManagedRoom;
  /** All of them: what stands in a Space is known from there. */
  readonly layout: readonly ManagedRoom[];
  readonly roomIdOf: (resource: string) => string | undefined;
  /** How the room of a resource is, where it was read. */
  readonly known: (resource: string) => ActualRoom | undefined;
  readonly serverName: string;
  readonly botId: string;
};

/**
 * State, besides power levels and people, that makes the room as it is wanted; nothing where it is so. That nobody
 * speaks in a room that is `readOnly` is a matter of its power levels (power-plan.ts). The alias must exist before its
 * write is carried out: homeservers refuse a main address that nobody has (400).
 */
export function planState(view: StateView): readonly StateWrite[] {
  const settings = SETTINGS.flatMap(({ type, plan }) => {
    const found = plan(view);
    return found === undefined ? [] : [{ type, state_key: '', ...found }];
  });
  return [...settings, ...planLinks(view)];
}

type Planned = Pick<StateWrite, 'content' | 'why'> | undefined;

const SETTINGS: ReadonlyArray<{ readonly type: string; readonly plan: (view: StateView) => Planned }> = [
  { type: 'm.room.join_rules', plan: (view) => (isOursToOpen(view) ? joinRule(view) : undefined) },
  {
    type: 'm.room.guest_access',
    plan: (view) =>
      isOursToOpen(view) && view.room.guestAccess !== 'forbidden'
        ? { content: { guest_access: 'forbidden' }, why: `Guests without an account could enter ${view.wanted.name}.` }
        : undefined,
  },
  {
    type: 'm.room.history_visibility',
    plan: (view) =>
      isClosed(view) && view.room.historyVisibility === 'world_readable'
        ? { content: { history_visibility: 'shared' }, why: `The whole world could read ${view.wanted.name}.` }
        : undefined,
  },
  { type: 'm.room.server_acl', plan: serverAcl },
  { type: 'm.room.canonical_alias', plan: mainAddress },
];

const isOurs = ({ room, botId }: StateView): boolean => room.creators.has(botId);
const isClosed = ({ wanted }: StateView): boolean => wanted.join.rule !== 'public';
/** Closing a room is what others linked it for; how open one of theirs is otherwise, is theirs to say. */
const isOursToOpen = (view: StateView): boolean => isClosed(view) || isOurs(view);

/** Undefined: it is so already, or what it should be is not known yet. */
function joinRule({ room, wanted, roomIdOf }: StateView): Planned {
  const { rule, allow } = room.joinRule;
  const to = (next: string, space?: string): Planned => ({
    content: {
      join_rule: next,
      ...(space === undefined ? {} : { allow: [{ type: 'm.room_membership', room_id: space }] }),
    },
    why: `The door of ${wanted.name} was open ${openTo(rule, allow)}; it is open ${openTo(next, space === undefined ? [] : [space])}.`,
  });
  const simple = (next: string): Planned => (rule === next ? undefined : to(next));
  if (wanted.join.rule !== 'restricted') return simple(wanted.join.rule);
  if (room.version > 0 && room.version < RESTRICTED_SINCE) return simple('invite');
  const space = roomIdOf(wanted.join.allow);
  // While the Space has no room nobody comes in through it.
  if (space === undefined) return rule === 'restricted' ? undefined : simple('invite');
  return rule === 'restricted' && allow.length === 1 && allow[0] === space ? undefined : to('restricted', space);
}

const DOORS: ReadonlyMap<string, string> = new Map([
  ['public', 'to everybody'],
  ['invite', 'by invitation'],
  ['knock', 'to those who knock'],
]);

const openTo = (rule: string, allow: readonly string[]): string =>
  DOORS.get(rule) ?? `to members of ${allow.slice(0, 3).join(', ') || 'no room'}`;

function serverAcl({ room, wanted, serverName }: StateView): Planned {
  // What no other server can enter needs no list of servers.
  if (!room.federate) return undefined;
  const now = room.serverAcl;
  if (!wanted.acl) {
    const isOurList = room.content('m.room.server_acl')?.[MANAGED_MARK] === true;
    return isOurList && !now?.allow.includes('*')
      ? { content: list(['*'], true), why: `${wanted.name} is open to all servers.` }
      : undefined;
  }
  if (listsServers(room, wanted, serverName)) return undefined;
  const { hosts, literals } = wantedServers(wanted, serverName);
  return {
    content: list(hosts, literals),
    why: `Other servers could take part in ${wanted.name} than those of the cooperative.`,
  };
}

/** Whether exactly those servers can take part that should, ours included. */
export function listsServers({ serverAcl: now }: ActualRoom, wanted: ManagedRoom, serverName: string): boolean {
  const { hosts, literals } = wantedServers(wanted, serverName);
  return (
    now !== undefined &&
    now.deny.length === 0 &&
    now.allowIpLiterals === literals &&
    now.allow.length === hosts.length &&
    hosts.every((host) => now.allow.includes(host))
  );
}

function wantedServers({ servers }: ManagedRoom, serverName: string) {
  const hosts = [...new Set([serverName, ...servers].map(hostOf))];
  // A list that refuses our own kind of name locks us out of our own room.
  return { hosts, literals: hosts.some(isIpLiteral) };
}

const list = (allow: readonly string[], allow_ip_literals: boolean): Content => ({
  allow,
  deny: [],
  allow_ip_literals,
  [MANAGED_MARK]: true,
});

/** Lists of servers compare names without ports (Client-Server API, m.room.server_acl). */
const hostOf = (serverName: string): string => serverName.replace(/:\d{1,5}$/, '').toLowerCase();
const isIpLiteral = (host: string): boolean => host.startsWith('[') || /^\d{1,3}(\.\d{1,3}){3}$/.test(host);

function mainAddress(view: StateView): Planned {
  const { room, wanted } = view;
  if (!isOurs(view) || !wanted.alias.startsWith('#') || room.canonicalAlias === wanted.alias) return undefined;
  return {
    content: { ...room.content('m.room.canonical_alias'), alias: wanted.alias },
    why: `The main address of ${wanted.name} was ${room.canonicalAlias ?? 'none'}; it is ${wanted.alias}.`,
  };
}
