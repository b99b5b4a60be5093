import type { ActualLink, ActualRoom, Content } from './actual-room.ts';
import type { ManagedRoom } from './layout.ts';
import { MANAGED_MARK } from './managed-mark.ts';
import type { StateView, StateWrite } from './state-plan.ts';

/** Servers that a link names, ours included. */
const MAX_VIA = 3;

/** Both ends of the links between Spaces and rooms, as far as this room holds them. */
export function planLinks(view: StateView): StateWrite[] {
  return [...childWrites(view), ...parentWrites(view)];
}

/** Removes this room's own end of all links that we made: for a room that is nobody's any more. */
export function planUnlink(room: ActualRoom): StateWrite[] {
  return [
    ...unlinked('m.space.child', room.children, new Set()),
    ...unlinked('m.space.parent', room.parents, new Set()),
  ];
}

function childWrites({ room, wanted, layout, roomIdOf, known, serverName }: StateView): StateWrite[] {
  if (wanted.kind !== 'space') return [];
  const writes: StateWrite[] = [];
  const kept = new Set<string>();
  let allFound = true;
  for (const child of layout) {
    if (child.parent !== wanted.id || isUnlisted(child)) continue;
    const roomId = roomIdOf(child.id);
    if (roomId === undefined) allFound = false;
    else {
      kept.add(roomId);
      const link = room.children.get(roomId);
      const content = {
        ...link?.raw,
        via: viaOf(link, known(child.id), serverName),
        order: child.order,
        // Whoever sees the Space may enter by themselves.
        suggested: child.join.rule !== 'invite',
        [MANAGED_MARK]: true,
      };
      if (!isSame(content, link?.raw))
        writes.push({
          type: 'm.space.child',
          state_key: roomId,
          content,
          why: `${child.name} stands in ${wanted.name}.`,
        });
    }
  }
  // A room that was not found yet may be one of those that look superfluous.
  return allFound ? [...writes, ...unlinked('m.space.child', room.children, kept)] : writes;
}

function parentWrites({ room, wanted, roomIdOf, known, serverName }: StateView): StateWrite[] {
  const parent = isUnlisted(wanted) ? undefined : wanted.parent;
  if (parent === undefined) return unlinked('m.space.parent', room.parents, new Set());
  const spaceId = roomIdOf(parent);
  if (spaceId === undefined) return [];
  const link = room.parents.get(spaceId);
  const content = {
    ...link?.raw,
    via: viaOf(link, known(parent), serverName),
    canonical: true,
    [MANAGED_MARK]: true,
  };
  const why = `${wanted.name} says in which Space it stands.`;
  return [
    ...(isSame(content, link?.raw) ? [] : [{ type: 'm.space.parent', state_key: spaceId, content, why }]),
    ...unlinked('m.space.parent', room.parents, new Set([spaceId])),
  ];
}

/** A hidden group's Space is known to its members alone. */
const isUnlisted = (room: ManagedRoom): boolean => room.kind === 'space' && room.hidden;

function unlinked(type: string, links: ReadonlyMap<string, ActualLink>, kept: ReadonlySet<string>): StateWrite[] {
  return [...links]
    .filter(([roomId, { raw }]) => raw[MANAGED_MARK] === true && !kept.has(roomId))
    .map(([roomId]) => ({ type, state_key: roomId, content: {}, why: `${roomId} does not belong there any more.` }));
}

/**
 * Our own server first, then those with most members. A link that is good enough stays: people come and go, and each
 * change would be a new event.
 */
function viaOf(link: ActualLink | undefined, target: ActualRoom | undefined, own: string): readonly string[] {
  const now = link?.via ?? [];
  if (target === undefined) return now[0] === own ? now : [own];
  const people = new Map<string, number>();
  for (const [userId, { membership }] of target.members) {
    const server = userId.slice(userId.indexOf(':') + 1);
    if (membership === 'join' && server !== own) people.set(server, (people.get(server) ?? 0) + 1);
  }
  const size = Math.min(MAX_VIA, 1 + people.size);
  const isGood = now[0] === own && now.length === size && now.slice(1).every((server) => people.has(server));
  if (isGood && new Set(now).size === size) return now;
  const most = [...people].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).map(([server]) => server);
  return [own, ...most.slice(0, MAX_VIA - 1)];
}

/** By value, whatever the order of the keys. */
function isSame(a: Content, b: Content | undefined): boolean {
  const sorted = (content: Content): string =>
    JSON.stringify(Object.entries(content).sort(([x], [y]) => (x < y ? -1 : 1)));
  return b !== undefined && sorted(a) === sorted(b);
}
