import { parseListen } from '../listen.ts';
import { type ConfigProblem, type Path, renderPath, show } from '../problem.ts';
import { isTree } from '../walk.ts';
import type { YamlTree } from '../yaml-tree.ts';
import { AUTHORITY_CHECKS } from './authority-checks.ts';
import { COOPERATIVE_CHECKS } from './cooperative-checks.ts';
import { FREEQ_CHECKS } from './freeq-checks.ts';
import { type Check, fullRoom, type Link, linksOf, list, map, repeats, text } from './raw.ts';

/**
 * Mistakes that no single value shows. They are looked for in the raw tree, whose values can be anything, so that they
 * are reported together with the schema's findings.
 */
export function crossCheck(tree: YamlTree): ConfigProblem[] {
  const root = isTree(tree.value) ? tree.value : {};
  return CHECKS.flatMap((check) => check(root, tree));
}

/** ASCII letters only: the least that every server's case mapping folds. */
const fold = (name: string): string => name.replace(/[A-Z]/g, (letter) => letter.toLowerCase());

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

/** Places to listen on; the last one only where there is something to be seen. */
const LISTENS = [
  { section: 'appservice', key: 'listen', otherwise: '127.0.0.1:9009' },
  { section: 'http', key: 'listen', otherwise: '127.0.0.1:9010' },
  { section: 'http', key: 'publicListen', otherwise: '127.0.0.1:9011' },
] as const;
const ANY = ['::', '0.0.0.0'];

const sameListenTwice: Check = (root, tree) => {
  const places = LISTENS.flatMap(({ section, key, otherwise }) => {
    const written = map(root[section])[key];
    if (key === 'publicListen' && map(root.http).publicUrl === undefined) return [];
    const at = parseListen(text(written ?? otherwise) ?? '');
    return at === undefined ? [] : [{ ...at, path: [section, key], isWritten: written !== undefined }];
  });
  return places.flatMap((place, n) => {
    const other = places
      .slice(0, n)
      .find(
        ({ host, port }) =>
          port === place.port && (host === place.host || ANY.includes(host) || ANY.includes(place.host)),
      );
    if (other === undefined) return [];
    return [
      tree.problemAt(
        place.isWritten ? place.path : other.path,
        `${other.path.join('.')} and ${place.path.join('.')} are the same place, port ${place.port}.`,
        'Give one of them another port.',
      ),
    ];
  });
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

/** The platform's WebSocket does not show its certificate: nothing could hold it against the fingerprint. */
const fingerprintUnchecked: Check = (root, tree) =>
  list(root.networks).flatMap((network, n) => {
    const { tlsFingerprint, webSocket } = map(map(network).server);
    if (tlsFingerprint === undefined || webSocket === undefined) return [];
    return tree.problemAt(
      ['networks', n, 'server', 'tlsFingerprint'],
      'The certificate of a WebSocket cannot be held against a fingerprint.',
      'Remove tlsFingerprint, and have the machine trust the certificate (NODE_EXTRA_CA_CERTS names a file of it); or use the plain TLS port without webSocket.',
    );
  });

const SASL_NEEDS: Readonly<Record<string, readonly string[]>> = {
  plain: ['user', 'password'],
  'scram-sha-256': ['user', 'password'],
  external: ['certFile', 'keyFile'],
  jwt: ['user'],
};

const CHECKS: readonly Check[] = [
  sameNetworkTwice,
  channelsSharingRoom,
  roomsSharingChannel,
  sameListenTwice,
  saslIncomplete,
  fingerprintUnchecked,
  ...FREEQ_CHECKS,
  ...COOPERATIVE_CHECKS,
  ...AUTHORITY_CHECKS,
];
