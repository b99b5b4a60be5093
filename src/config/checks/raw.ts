import type { ConfigProblem, Path } from '../problem.ts';
import { isTree, type Tree } from '../walk.ts';
import type { YamlTree } from '../yaml-tree.ts';

/** The raw tree of a configuration, whose values can be anything, as the checks across several keys look at it. */

/** Looks for one kind of mistake; never throws, whatever the tree holds. */
export type Check = (root: Tree, tree: YamlTree) => ConfigProblem[];

/** One entry of a network's `channels`. */
export type Link = {
  readonly path: Path;
  readonly link: Tree;
  readonly network: Tree;
  readonly networkIndex: number;
};

export const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
export const map = (value: unknown): Tree => (isTree(value) ? value : {});
/** A text that says something; undefined for everything else. */
export const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

export function linksOf(root: Tree): Link[] {
  return list(root.networks).flatMap((network, n) =>
    list(map(network).channels).map((link, c) => ({
      path: ['networks', n, 'channels', c],
      link: map(link),
      network: map(network),
      networkIndex: n,
    })),
  );
}

/** A problem for each entry whose identity an earlier one has. */
export function repeats<T extends { readonly path: Path }>(
  entries: readonly T[],
  identity: (entry: T) => string | undefined,
  report: (entry: T, first: T) => ConfigProblem | undefined,
): ConfigProblem[] {
  const first = new Map<string, T>();
  return entries.flatMap((entry) => {
    const id = identity(entry);
    if (id === undefined) return [];
    const earlier = first.get(id);
    if (earlier !== undefined) return [report(entry, earlier)].filter((problem) => problem !== undefined);
    first.set(id, entry);
    return [];
  });
}

/** A room as everybody names it: a localpart becomes an alias of our own server. */
export const fullRoom = (room: string, root: Tree): string =>
  room.startsWith('#') && !room.includes(':') ? `${room}:${text(map(root.homeserver).serverName) ?? ''}` : room;
