import { type Path, show } from '../problem.ts';
import type { Tree } from '../walk.ts';
import { type Check, fullRoom, linksOf, list, map, repeats, text } from './raw.ts';

/** Mistakes about the cooperative, its groups and its rooms that no single value shows. */

const groupsOf = (root: Tree) =>
  list(map(root.cooperative).groups).map((group, g) => ({
    path: ['cooperative', 'groups', g] as Path,
    id: text(map(group).id),
    parent: text(map(group).parent),
    space: text(map(group).space),
  }));

const sameGroupTwice: Check = (root, tree) =>
  repeats(
    groupsOf(root),
    ({ id }) => id,
    ({ path, id }, first) =>
      tree.problemAt(
        [...path, 'id'],
        `Two groups have the id ${show(id)}; the other is on line ${tree.lineOf([...first.path, 'id'])}.`,
        'Give each its own.',
      ),
  );

const groupUnknown: Check = (root, tree) => {
  const groups = groupsOf(root).map(({ id }) => id);
  const there = groups.filter((id) => id !== undefined).join(', ');
  return linksOf(root)
    .filter(({ link }) => text(link.group) !== undefined && !groups.includes(text(link.group)))
    .map(({ path, link }) =>
      tree.problemAt(
        [...path, 'group'],
        `There is no group ${show(link.group)} in cooperative.groups.`,
        groups.length === 0 ? 'Add it there: - {id: garden, name: Garden group}.' : `There are ${there}.`,
      ),
    );
};

const parentUnknown: Check = (root, tree) => {
  const groups = groupsOf(root);
  return groups
    .filter(({ parent }) => parent !== undefined && !groups.some(({ id }) => id === parent))
    .map(({ path, parent, id }) => {
      const others = groups.flatMap((group) => (group.id === undefined || group.id === id ? [] : [group.id]));
      return tree.problemAt(
        [...path, 'parent'],
        `There is no group ${show(parent)} whose Space could hold this one’s.`,
        others.length === 0 ? 'Leave parent out.' : `Leave parent out, or write one of ${others.join(', ')}.`,
      );
    });
};

/** Told once for each circle, at the first of its groups in the file. */
const parentsInCircle: Check = (root, tree) => {
  const groups = groupsOf(root);
  const parents = new Map(groups.map(({ id, parent }) => [id, parent]));
  const told = new Set<string>();
  return groups.flatMap(({ path, id }) => {
    if (id === undefined || told.has(id)) return [];
    const way = [id];
    let next = parents.get(id);
    while (next !== undefined && !way.includes(next)) {
      way.push(next);
      next = parents.get(next);
    }
    if (next !== id) return [];
    for (const member of way) told.add(member);
    const text =
      way.length === 1
        ? `The group ${show(id)} is its own parent.`
        : `The groups ${way.join(', ')} are each other’s parents, in a circle.`;
    return [tree.problemAt([...path, 'parent'], text, 'Leave parent out at the one whose Space stands at the top.')];
  });
};

/** A room or Space that the configuration names, or that Causeway makes by a name that follows from it. */
type Place = { readonly path: Path; readonly room: string; readonly title: string; readonly channel: boolean };

function placesOf(root: Tree): Place[] {
  const cooperative = map(root.cooperative);
  const space = text(cooperative.space);
  const own = Object.entries(OWN_ROOMS).flatMap(([name, title]) => {
    const room = text(cooperative[name]);
    return room === undefined ? [] : [{ path: ['cooperative', name], room, title, channel: false }];
  });
  const groups = groupsOf(root).flatMap(({ path, id, space: given }) => {
    const made = space?.startsWith('#') === true && id !== undefined ? space.replace(/(?=:|$)/, `-${id}`) : undefined;
    const room = given ?? made;
    const title = `the Space of the group ${id ?? ''}`.trimEnd();
    return room === undefined
      ? []
      : [{ path: [...path, given === undefined ? 'id' : 'space'], room, title, channel: false }];
  });
  const rooms = linksOf(root).flatMap(({ path, link }) => {
    const room = text(link.room);
    return room === undefined
      ? []
      : [{ path: [...path, 'room'], room, title: `the room of ${show(link.channel)}`, channel: true }];
  });
  return [...own, ...groups, ...rooms];
}

const OWN_ROOMS: Readonly<Record<string, string>> = {
  space: 'the cooperative’s Space',
  lobby: 'the lobby',
  adminRoom: 'the admin room',
};

/** One room cannot be two things. Two channels that share a room are told elsewhere, with what comes of it. */
const roomHasTwoUses: Check = (root, tree) =>
  repeats(
    placesOf(root),
    ({ room }) => fullRoom(room, root),
    (place, first) => {
      if (place.channel && first.channel) return undefined;
      const at = `${first.title} (line ${tree.lineOf(first.path)})`;
      return place.channel
        ? tree.problemAt(place.path, `The room ${show(place.room)} is ${at}.`, 'Give one of the two another alias.')
        : tree.problemAt(
            place.path,
            `${show(place.room)} would be ${place.title}, and is ${at}.`,
            'Give one of the two another alias.',
          );
    },
  );

export const COOPERATIVE_CHECKS: readonly Check[] = [
  sameGroupTwice,
  groupUnknown,
  parentUnknown,
  parentsInCircle,
  roomHasTwoUses,
];
