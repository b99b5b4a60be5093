import { parseListen } from './listen.ts';
import { type ConfigProblem, type Path, renderPath, show } from './problem.ts';
import { isTree, type Tree } from './walk.ts';
import type { YamlTree } from './yaml-tree.ts';

/**
 * Mistakes that no single value shows. They are looked for in the raw tree, whose values can be anything, so that they
 * are reported together with the schema's findings.
 */
export function crossCheck(tree: YamlTree): ConfigProblem[] {
  const root = isTree(tree.value) ? tree.value : {};
  return CHECKS.flatMap((check) => check(root, tree));
}

type Check = (root: Tree, tree: YamlTree) => ConfigProblem[];
type Link = { readonly path: Path; readonly link: Tree; readonly network: Tree; readonly networkIndex: number };

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const map = (value: unknown): Tree => (isTree(value) ? value : {});
const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

function linksOf(root: Tree): Link[] {
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
function repeats<T extends { readonly path: Path }>(
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

/** ASCII letters only: the least that every server's case mapping folds. */
const fold = (name: string): string => name.replace(/[A-Z]/g, (letter) => letter.toLowerCase());

/** A room as everybody names it: a localpart becomes an alias of our own server. */
const fullRoom = (room: string, root: Tree): string =>
  room.startsWith('#') && !room.includes(':') ? `${room}:${text(map(root.homeserver).serverName) ?? ''}` : room;

/** One IRC server under two network ids has the same channels. */
function channelIdentity({ link, network, networkIndex }: Link): string | undefined {
  const name = text(link.channel);
  if (name === undefined) return undefined;
  const { host, port } = map(network.server);
  const place = text(host) === undefined ? String(networkIndex) : `${String(host).toLowerCase()} ${String(port)}`;
  return `${place} ${fold(name)}`;
}

const sameNetworkTwice: Check = (root, tree) =>
  repeats(
    list(root.networks).map((network, n) => ({ path: ['networks', n, 'id'], id: map(network).id })),
    ({ id }) => text(id),
    ({ path, id }, first) =>
      tree.problemAt(
        path,
        `Two networks have the id ${show(id)}; the other is on line ${tree.lineOf(first.path)}.`,
        'Give each its own.',
      ),
  );

const sameGroupTwice: Check = (root, tree) =>
  repeats(
    list(map(root.cooperative).groups).map((group, g) => ({
      path: ['cooperative', 'groups', g, 'id'],
      id: map(group).id,
    })),
    ({ id }) => text(id),
    ({ path, id }, first) =>
      tree.problemAt(
        path,
        `Two groups have the id ${show(id)}; the other is on line ${tree.lineOf(first.path)}.`,
        'Give each its own.',
      ),
  );

const channelsSharingRoom: Check = (root, tree) =>
  repeats(
    linksOf(root),
    ({ link }) => {
      const room = text(link.room);
      return room === undefined ? undefined : fullRoom(room, root);
    },
    (entry, first) => {
      const at = [...entry.path, 'room'];
      const other = `here and on line ${tree.lineOf([...first.path, 'room'])}`;
      const { channel, room } = entry.link;
      if (channelIdentity(entry) === channelIdentity(first)) {
        return tree.problemAt(
          at,
          `The channel ${show(channel)} is linked to ${show(room)} twice, ${other}.`,
          'Remove one of the two.',
        );
      }
      return tree.problemAt(
        at,
        `The channels ${show(first.link.channel)} and ${show(channel)} share the room ${show(room)}, ${other}: what is said in one would be repeated in the other.`,
        'Give each channel a room of its own, or remove one of the two.',
      );
    },
  );

const roomsSharingChannel: Check = (root, tree) =>
  repeats(linksOf(root), channelIdentity, ({ path, link }, first) => {
    // The same pair twice is told by channelsSharingRoom.
    if (fullRoom(String(link.room), root) === fullRoom(String(first.link.room), root)) return undefined;
    return tree.problemAt(
      [...path, 'channel'],
      `The channel ${show(link.channel)} is linked to two rooms, ${show(link.room)} here and ${show(first.link.room)} on line ${tree.lineOf([...first.path, 'channel'])}: what is said in one would be repeated in the other.`,
      'Keep one of the two.',
    );
  });

const spaceIsRoom: Check = (root, tree) => {
  const space = text(map(root.cooperative).space);
  if (space === undefined) return [];
  return linksOf(root)
    .filter(({ link }) => text(link.room) !== undefined && fullRoom(String(link.room), root) === fullRoom(space, root))
    .map(({ path }) =>
      tree.problemAt(
        [...path, 'room'],
        `The room ${show(space)} is the cooperative’s Space (line ${tree.lineOf(['cooperative', 'space'])}).`,
        'Give the room or the Space another alias.',
      ),
    );
};

const groupUnknown: Check = (root, tree) => {
  const groups = list(map(root.cooperative).groups).map((group) => text(map(group).id));
  return linksOf(root)
    .filter(({ link }) => text(link.group) !== undefined && !groups.includes(text(link.group)))
    .map(({ path, link }) =>
      tree.problemAt(
        [...path, 'group'],
        `There is no group ${show(link.group)} in cooperative.groups.`,
        groups.length === 0 ? 'Add it there: - {id: garden, name: Garden group}.' : `There are ${groups.join(', ')}.`,
      ),
    );
};

const authorityUnknown: Check = (root, tree) => {
  const source = map(root.authority).source ?? 'none';
  if (source === 'none') {
    return linksOf(root)
      .filter(({ link }) => text(link.require) !== undefined)
      .map(({ path, link }) =>
        tree.problemAt(
          [...path, 'require'],
          `The channel asks for the role ${show(link.require)}, and with authority.source none nobody can say who has it.`,
          'Remove require, if everybody may read and speak there.',
        ),
      );
  }
  if (typeof source !== 'string' || !/^[a-z][a-z0-9-]{0,30}$/.test(source)) return [];
  return [
    tree.problemAt(
      ['authority', 'source'],
      `This version has no authority ${show(source)}, and will not let everybody in instead.`,
      'Write none, if everybody on the homeserver and on the networks may come in; otherwise wait for a version that has it.',
    ),
  ];
};

const sameListenTwice: Check = (root, tree) => {
  const [ours, http] = [map(root.appservice).listen ?? '127.0.0.1:9009', map(root.http).listen ?? '127.0.0.1:9010'].map(
    (listen) => (typeof listen === 'string' ? parseListen(listen) : undefined),
  );
  if (ours === undefined || http === undefined || ours.port !== http.port) return [];
  const any = ['::', '0.0.0.0'];
  if (ours.host !== http.host && !any.includes(ours.host) && !any.includes(http.host)) return [];
  const at = map(root.http).listen === undefined ? ['appservice', 'listen'] : ['http', 'listen'];
  return [
    tree.problemAt(
      at,
      `appservice.listen and http.listen are the same place, port ${ours.port}.`,
      'Give one of them another port.',
    ),
  ];
};

const saslIncomplete: Check = (root, tree) =>
  list(root.networks).flatMap((entry, n) => {
    const network = map(entry);
    const sasl = map(map(network.bot).sasl);
    if (!isTree(map(network.bot).sasl)) return [];
    const path: Path = ['networks', n, 'bot', 'sasl'];
    const mechanism = sasl.mechanism ?? 'plain';
    const needs = typeof mechanism === 'string' ? (SASL_NEEDS[mechanism] ?? []) : [];
    const missing = needs.filter((name) => sasl[name] === undefined);
    const problems = missing.map((name) =>
      tree.problemAt(
        path,
        `${renderPath([...path, name])} is missing: the mechanism ${String(mechanism)} needs ${needs.join(' and ')}.`,
        name === 'password' ? 'Add password, or passwordFile and the path of a file that holds it.' : `Add ${name}.`,
      ),
    );
    if (mechanism === 'jwt' && !isTree(map(network.puppets).sasl)) {
      problems.push(
        tree.problemAt(
          path,
          `${renderPath(path)} signs with the key of puppets.sasl, and there is none.`,
          'Add puppets: {sasl: {kind: jwt, keyFile: PATH}} to the network.',
        ),
      );
    }
    if (mechanism === 'external' && map(network.server).tls === false) {
      problems.push(
        tree.problemAt(
          path,
          `${renderPath(path)} proves the account by a certificate, and the connection has no TLS.`,
          'Set server.tls to true, or use another mechanism.',
        ),
      );
    }
    return problems;
  });

const SASL_NEEDS: Readonly<Record<string, readonly string[]>> = {
  plain: ['user', 'password'],
  'scram-sha-256': ['user', 'password'],
  external: ['certFile', 'keyFile'],
  jwt: ['user'],
};

const CHECKS: readonly Check[] = [
  sameNetworkTwice,
  sameGroupTwice,
  channelsSharingRoom,
  roomsSharingChannel,
  spaceIsRoom,
  groupUnknown,
  authorityUnknown,
  sameListenTwice,
  saslIncomplete,
];
