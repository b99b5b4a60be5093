import { isTree } from '../walk.ts';
import { type Check, list, map, repeats, text } from './raw.ts';

const DEFAULT_KEYS = './freeq-keys';

/** What has no meaning on freeq: logins of other kinds, and services that it has not. */
const NOT_ON_FREEQ = [
  ['bot', 'sasl'],
  ['bot', 'oper'],
  ['bot', 'nickserv'],
  ['puppets', 'sasl'],
  ['puppets', 'webirc'],
  ['server', 'password'],
] as const;

const isFreeq = (network: unknown): boolean => map(network).kind === 'freeq';

const sectionMissing: Check = (root, tree) =>
  list(root.networks).flatMap((network, n) => {
    if (isFreeq(network) === isTree(map(network).freeq)) return [];
    return isFreeq(network)
      ? tree.problemAt(
          ['networks', n, 'kind'],
          'The network is of the kind freeq, and nothing says who we are there.',
          `Add freeq: {login: key, keys: ${DEFAULT_KEYS}} to the network.`,
        )
      : tree.problemAt(
          ['networks', n, 'freeq'],
          'Only networks of the kind freeq have a section freeq.',
          'Remove it, or set kind to freeq.',
        );
  });

const meaningless: Check = (root, tree) =>
  list(root.networks).flatMap((network, n) =>
    !isFreeq(network)
      ? []
      : NOT_ON_FREEQ.flatMap(([section, name]) =>
          map(map(network)[section])[name] === undefined
            ? []
            : tree.problemAt(
                ['networks', n, section, name],
                `${section}.${name} has no meaning on freeq.`,
                'Remove it: freeq.login says how we log in.',
              ),
        ),
  );

/** The challenge of freeq names no server: one that knows us could log in elsewhere with the answer that we give it. */
const sharedKeys: Check = (root, tree) =>
  repeats(
    list(root.networks).map((network, n) => ({ network: map(network), path: ['networks', n, 'freeq'] })),
    ({ network }) => {
      if (!isFreeq(network) || map(network.freeq).login === 'guest' || !isTree(network.freeq)) return undefined;
      return text(map(network.freeq).keys) ?? DEFAULT_KEYS;
    },
    ({ path }, first) =>
      tree.problemAt(
        path,
        `Two networks use the same keys; the other is on line ${tree.lineOf(first.path)}. A server could pass its challenge on and log in to the other one as us.`,
        'Give each network a directory of its own in freeq.keys.',
      ),
  );

export const FREEQ_CHECKS: readonly Check[] = [sectionMissing, meaningless, sharedKeys];
