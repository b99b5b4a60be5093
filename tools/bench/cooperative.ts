import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Link, World } from './world.ts';

/** A cooperative of fifty rooms: its Space, three groups with theirs, and channels. */
export const GROUPS = ['garden', 'house', 'care'] as const;
const CHANNELS = 46;
const IN_GROUPS = 12;
const OPEN = 4;

/** 4 channels are open, 12 belong to groups, 30 to all members. `guard` stays on, as admins have it. */
export const LINKS: readonly Link[] = Array.from({ length: CHANNELS }, (_, i) => ({
  channel: `#c${i}`,
  room: `#c${i}`,
  ...(i < OPEN ? { require: 'none' } : i < OPEN + IN_GROUPS ? { group: GROUPS[i % GROUPS.length] } : {}),
}));

/** Aliases (localparts) of all fifty, in the order in which one comes in. */
export const ALIASES: readonly string[] = [
  'willow',
  ...GROUPS.map((group) => `willow-${group}`),
  ...LINKS.map(({ room }) => room.slice(1)),
];

/** The part of the configuration that makes a cooperative of the links. */
export const cooperativeConfig = (authority: Readonly<Record<string, unknown>> = {}): Record<string, unknown> => ({
  cooperative: {
    name: 'Willow',
    space: '#willow',
    groups: GROUPS.map((id) => ({ id, name: id })),
  },
  authority: { source: 'file', path: './list/members.json', ...authority },
});

/** One entry of the list of members, as an admin writes it. */
export type Listed = {
  readonly id: string;
  readonly status?: string;
  readonly matrix?: string;
  readonly irc?: string;
  readonly groups?: readonly string[];
};

/** Puts a new list in the place of the old one. @returns when (`performance.now`), just before the rename */
export function writeList({ dir }: World, members: readonly Listed[]): number {
  // Not beside the database, whose every write would be seen as a change of the folder.
  const path = join(dir, 'list', 'members.json');
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.new`, JSON.stringify({ members }));
  const atMs = performance.now();
  renameSync(`${path}.new`, path);
  return atMs;
}

/**
 * When the bridge's directory took up what the authority said, by its log, as `performance.now` counts; the newest such
 * moment since one. NaN where there is none.
 */
export function knownAt({ dir }: World, sinceMs: number): number {
  const times = readFileSync(join(dir, 'causeway.log'), 'utf8')
    .split('\n')
    .filter((line) => line.includes('the authority said something new'))
    .map((line) => Date.parse(line.split(' ')[0] ?? '') - performance.timeOrigin);
  // The log counts whole milliseconds.
  return times.filter((atMs) => atMs >= sinceMs - 1).at(0) ?? Number.NaN;
}
