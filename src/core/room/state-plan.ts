import type { ActualRoom, Content } from './actual-room.ts';
import type { ManagedRoom } from './layout.ts';
import { planLinks } from './link-plan.ts';
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

/** State, besides power levels and people, that makes the room as it is wanted. Nothing where it is so. */
export function planState(view: StateView): readonly StateWrite[] {
  return [...doorWrites(view), ...planLinks(view)];
}

function doorWrites(view: StateView): StateWrite[] {
  const { room, wanted } = view;
  const isOurs = room.creators.has(view.botId);
  const isClosed = wanted.join.rule !== 'public';
  const writes: StateWrite[] = [];
  const write = (type: string, content: Content, why: string): void =>
    void writes.push({ type, state_key: '', content, why });

  // What others made as open as they like is theirs; closing it is what they linked it for.
  if (isClosed || isOurs) {
    const rule = wantedJoinRule(view);
    if (rule !== undefined)
      write('m.room.join_rules', rule, `The way into ${wanted.name} was ${said(room.joinRule)}; it is ${said(rule)}.`);
    if (room.guestAccess !== 'forbidden')
      write(
        'm.room.guest_access',
        { guest_access: 'forbidden' },
        `${wanted.name} was open to guests without an account.`,
      );
  }
  if (isClosed && room.historyVisibility === 'world_readable')
    write(
      'm.room.history_visibility',
      { history_visibility: 'shared' },
      `${wanted.name} could be read by the whole world.`,
    );
  const acl = wantedAcl(view);
  if (acl !== undefined)
    write(
      'm.room.server_acl',
      acl,
      `The servers that may take part in ${wanted.name} were others than the cooperative's.`,
    );
  if (isOurs && wanted.alias.startsWith('#') && room.canonicalAlias !== wanted.alias) {
    const content = { ...room.content('m.room.canonical_alias'), alias: wanted.alias };
    write(
      'm.room.canonical_alias',
      content,
      `The main address of ${wanted.name} was ${room.canonicalAlias ?? 'none'}; it is ${wanted.alias}.`,
    );
  }
  return writes;
}

const said = (rule: unknown): string => JSON.stringify(rule);

/** Undefined: it is so already, or what it should be is not known yet. */
function wantedJoinRule({ room, wanted, roomIdOf }: StateView): Content | undefined {
  const { rule, allow } = room.joinRule;
  const simple = (join_rule: string): Content | undefined => (rule === join_rule ? undefined : { join_rule });
  if (wanted.join.rule !== 'restricted') return simple(wanted.join.rule);
  if (room.version > 0 && room.version < RESTRICTED_SINCE) return simple('invite');
  const space = roomIdOf(wanted.join.allow);
  // While the Space has no room nobody comes in through it.
  if (space === undefined) return rule === 'restricted' ? undefined : simple('invite');
  if (rule === 'restricted' && allow.length === 1 && allow[0] === space) return undefined;
  return { join_rule: 'restricted', allow: [{ type: 'm.room_membership', room_id: space }] };
}

/** Says that an access list is ours to take back. */
const MARK = 'coop.causeway.managed';

function wantedAcl({ room, wanted, serverName }: StateView): Content | undefined {
  const now = room.serverAcl;
  const isMarked = room.content('m.room.server_acl')?.[MARK] === true;
  if (!room.federate) return undefined;
  if (!wanted.acl)
    return isMarked && !now?.allow.includes('*')
      ? { allow: ['*'], deny: [], allow_ip_literals: true, [MARK]: true }
      : undefined;
  const hosts = [...new Set([serverName, ...wanted.servers].map(hostOf))];
  // A list that leaves out ourselves locks us out of our own room.
  const literals = hosts.some(isIpLiteral);
  const isSo =
    now !== undefined &&
    now.deny.length === 0 &&
    now.allowIpLiterals === literals &&
    now.allow.length === hosts.length &&
    hosts.every((host) => now.allow.includes(host));
  return isSo ? undefined : { allow: hosts, deny: [], allow_ip_literals: literals, [MARK]: true };
}

/** Access lists compare names without ports (Client-Server API, m.room.server_acl). */
const hostOf = (serverName: string): string => serverName.replace(/:\d{1,5}$/, '').toLowerCase();
const isIpLiteral = (host: string): boolean => host.startsWith('[') || /^\d{1,3}(\.\d{1,3}){3}$/.test(host);
