import type { ConfigProblem, Path } from '../problem.ts';
import type { AuthorityConfig, Config } from '../schema.ts';
import type { YamlTree } from '../yaml-tree.ts';
import { isNear } from './near.ts';
import { list, map } from './raw.ts';

type Warn = (path: Path, text: string, remedy: string) => ConfigProblem;
type Look = (config: Config, warn: Warn, written: Written) => readonly ConfigProblem[];
/** Whether the file itself has the key; defaults do not count. */
type Written = (path: Path) => boolean;

/** What is written about the authority and the cooperative, and does nothing or not what it seems to. */
export function authorityWarnings(config: Config, tree: YamlTree): ConfigProblem[] {
  const written: Written = (path) =>
    path.reduce<unknown>(
      (value, step) => (typeof step === 'number' ? list(value)[step] : map(value)[step]),
      tree.value,
    ) !== undefined;
  const warn: Warn = (path, text, remedy) => tree.problemAt(path, text, remedy);
  return LOOKS.flatMap((look) => look(config, warn, written));
}

/** What only one source reads, and what any source but none reads. */
const READ_BY: Readonly<Record<string, AuthorityConfig['source']>> = {
  path: 'file',
  scim: 'scim',
  ldap: 'ldap',
  coopApi: 'coop-api',
};
const READ_BY_ANY = ['decisions', 'events', 'statuses', 'roles', 'mode'];

const unread: Look = ({ authority: { source } }, warn, written) => {
  const idle = [
    ...Object.keys(READ_BY).filter((name) => READ_BY[name] !== source),
    ...(source === 'none' ? READ_BY_ANY : []),
  ].filter((name) => written(['authority', name]));
  return idle.map((name) =>
    warn(
      ['authority', name],
      `authority.${name} is not read: authority.source is ${source}.`,
      `Leave it out, or write source: ${READ_BY[name] ?? 'file, scim, ldap or coop-api'}.`,
    ),
  );
};

/** URLs over which a secret travels. */
const secretsInTheOpen: Look = ({ authority }, warn) => {
  const { source, scim, ldap, coopApi, decisions } = authority;
  const ways: readonly (readonly [Path, string | undefined, string | undefined])[] = [
    [['authority', 'scim', 'url'], source === 'scim' ? scim?.url : undefined, scim?.token],
    [['authority', 'ldap', 'url'], source === 'ldap' ? ldap?.url : undefined, ldap?.password],
    [['authority', 'coopApi', 'url'], source === 'coop-api' ? coopApi?.url : undefined, coopApi?.token],
    [['authority', 'decisions', 'url'], source === 'none' ? undefined : decisions?.url, decisions?.token],
  ];
  return ways.flatMap(([path, url, secret]) => {
    if (url === undefined || secret === undefined || /^(https|ldaps):/.test(url) || !URL.canParse(url)) return [];
    const { hostname, protocol } = new URL(url);
    if (isNear(hostname.replaceAll(/[[\]]/g, ''))) return [];
    return [
      warn(
        path,
        `Who is a member travels unencrypted from ${hostname}, and our secret to it.`,
        `Use ${protocol === 'ldap:' ? 'ldaps' : 'https'}.`,
      ),
    ];
  });
};

/** Whoever can change the answer on its way signs events that are believed. */
const keysInTheOpen: Look = ({ authority: { source, events } }, warn) => {
  const url = events?.jwksUrl;
  if (source === 'none' || url === undefined || !url.startsWith('http:') || !URL.canParse(url)) return [];
  const { hostname } = new URL(url);
  if (isNear(hostname.replaceAll(/[[\]]/g, ''))) return [];
  const why = `The keys by which pushed events are believed travel unprotected from ${hostname}.`;
  return [warn(['authority', 'events', 'jwksUrl'], why, 'Use https.')];
};

/** Between two questions answers grow older than an admission may be. */
const askedTooSeldom: Look = ({ authority }, warn) => {
  const asked = (
    {
      scim: ['scim', authority.scim?.url === undefined ? undefined : authority.scim.intervalSeconds],
      ldap: ['ldap', authority.ldap?.intervalSeconds],
      'coop-api': ['coopApi', authority.coopApi?.intervalSeconds],
    } as Readonly<Record<string, readonly [string, number | undefined]>>
  )[authority.source];
  const [section = '', interval = 0] = asked ?? [];
  if (interval <= authority.softSeconds) return [];
  return [
    warn(
      ['authority', section, 'intervalSeconds'],
      `The authority is asked every ${interval} s, and answers older than ${authority.softSeconds} s let nobody in.`,
      'Make intervalSeconds smaller or softSeconds larger.',
    ),
  ];
};

const nobodyTold: Look = ({ authority, cooperative }, warn) =>
  authority.source === 'none' || cooperative?.adminRoom !== undefined
    ? []
    : [
        warn(
          ['cooperative'],
          'There is no admin room: what Causeway holds back and puts right stands in `causeway status`, the log and the record only.',
          'Add cooperative.adminRoom, such as "#admin".',
        ),
      ];

const lobbyForNothing: Look = ({ authority, cooperative }, warn) =>
  authority.source === 'none' && cooperative?.lobby !== undefined
    ? [
        warn(
          ['cooperative', 'lobby'],
          'Nobody needs the lobby: with authority.source none everybody may enter every room.',
          'Leave it out.',
        ),
      ]
    : [];

const spacesForNothing: Look = ({ cooperative }, warn, written) =>
  cooperative === undefined || cooperative.space !== undefined
    ? []
    : cooperative.groups.flatMap((_, g) =>
        ['space', 'parent']
          .map((name): Path => ['cooperative', 'groups', g, name])
          .filter(written)
          .map((path) => warn(path, 'Without cooperative.space there are no Spaces.', 'Add it, or leave this out.')),
      );

const ownServer: Look = ({ cooperative, homeserver: { serverName } }, warn) =>
  (cooperative?.servers ?? []).flatMap((server, i) =>
    server === serverName
      ? [warn(['cooperative', 'servers', i], `${server} is our own homeserver, which is always in.`, 'Leave it out.')]
      : [],
  );

/** The part after the colon is where a slip hides. */
const foreignAdmin: Look = ({ cooperative, homeserver: { serverName } }, warn) =>
  (cooperative?.admins ?? []).flatMap((admin, i) => {
    const server = admin.slice(admin.indexOf(':') + 1);
    return server === serverName || cooperative?.servers.includes(server) === true
      ? []
      : [
          warn(
            ['cooperative', 'admins', i],
            `${admin} is on another homeserver than ours, ${serverName}.`,
            'Correct the name, or add the server to cooperative.servers.',
          ),
        ];
  });

/** Keys of a channel that only say something where people are told apart. */
const GATE_KEYS = ['unadmitted', 'guard', 'staleness'] as const;

const gateForNothing: Look = ({ authority, networks }, warn, written) =>
  networks.flatMap(({ channels }, n) =>
    channels.flatMap((link, c) => {
      const required = link.require ?? (authority.source === 'none' ? 'none' : 'member');
      if (required !== 'none') return [];
      const why = authority.source === 'none' ? 'with authority.source none nobody is asked' : '`require` is none here';
      return GATE_KEYS.map((name): Path => ['networks', n, 'channels', c, name])
        .filter((path) => written(path) && !(path.at(-1) === 'guard' && !link.guard))
        .filter((path) => path.at(-1) !== 'staleness' || authority.source === 'none')
        .map((path) => warn(path, `${String(path.at(-1))} does nothing: ${why}.`, 'Leave it out.'));
    }),
  );

const LOOKS: readonly Look[] = [
  unread,
  secretsInTheOpen,
  keysInTheOpen,
  askedTooSeldom,
  nobodyTold,
  lobbyForNothing,
  spacesForNothing,
  ownServer,
  foreignAdmin,
  gateForNothing,
];
