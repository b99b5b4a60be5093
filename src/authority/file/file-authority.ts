import { resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Agreement } from '../../core/authority/agreement.ts';
import { type Lookup, type Member, type Snapshot, type SubjectRef, subjectKey } from '../../core/authority/member.ts';
import type { Authority, VisitorLookup } from '../../ports/authority.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import { PeerAssertions } from '../assertions/peer-assertions.ts';
import { MemberFeed } from '../member-feed.ts';
import { Revisions } from '../revisions.ts';
import { type Answer, unknown } from '../unknown.ts';
import { UpdateQueue } from '../update-queue.ts';
import { AsideReader } from './read-aside.ts';
import type { ReadMembers } from './read-members.ts';
import { SettledFile } from './settled-file.ts';
import { FolderWatch } from './watch-folders.ts';

export type FileAuthorityOptions = {
  readonly path: string;
  readonly issuer: string;
  /** Server name of our own accounts: no peer vouches for these. */
  readonly homeserver: string;
  /** The file's words, in ours (`authority.statuses`, `authority.roles`). */
  readonly statuses: Readonly<Record<string, string>>;
  readonly roles: Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly log: Log;
};

/** A change that no event told of (a network's file system) is seen after so long; also how often it gives a sign of life. */
const LOOK_MS = 4_000;
const EMPTY = unknown('malformed', 'The list is empty, and says nothing of agreements with other shards.');

/**
 * A list of members that people write, YAML or JSON (docs/authority-file.md), as the authority:
 *
 *     members:
 *       - id: ada                          # stable subject
 *         name: Ada Lovelace
 *         status: active                   # or the words of authority.statuses; active when left out
 *         matrix: "@ada:willow.example"    # one, or a list
 *         irc: home/ada                    # network/account, one or a list
 *         did: did:key:z6Mk…               # one, or a list
 *         roles: [council]                 # in the whole cooperative; words or {role, from, until}
 *         groups:                          # seats; ids or maps
 *           - garden
 *           - {group: house, roles: [coordinator], until: 2027-06-01, alias: Rose, visibility: alias}
 *     agreements: […]                      # with other shards (docs/agreements.md)
 *
 * What is saved reaches `watch` within 200 ms (a second where a file written in place could be half of one). A mistake
 * anywhere makes everything unknown, with its line; a missing file is unknown; `members: []` and an empty file are a
 * complete list of nobody, which the directory guards.
 */
export function makeFileAuthority(options: FileAuthorityOptions): Authority {
  const { issuer, homeserver, statuses, roles, clock, log } = options;
  const path = resolve(options.path);
  const closing = new AbortController();
  const revisions = new Revisions(clock);
  const assertions = new PeerAssertions({ iss: issuer, homeserver }, clock);
  const aside = new AsideReader(closing.signal);
  const file = new SettledFile({
    path,
    clock,
    signal: closing.signal,
    parse: (text) => aside.read({ ...text, issuer, words: { statuses, roles } }),
  });
  let noted: string | undefined;

  const read = async (): Promise<Answer<ReadMembers>> => {
    const found = await file.read();
    if (found.kind === 'ok') {
      const notes = found.value.notes.slice(0, 10).join('\n');
      if (notes !== noted && notes !== '') log.warn(`Words in the list of members that nobody explained:\n${notes}`);
      noted = notes;
    }
    return found;
  };

  return {
    description: {
      issuer,
      source: `file ${options.path}`,
      supports: new Set(['snapshot', 'status', 'push', 'agreements']),
    },

    async snapshot(): Promise<Lookup<Snapshot>> {
      const freshness = revisions.next('snapshot');
      const found = await read();
      return found.kind === 'unknown' ? found : { kind: 'found', value: { members: found.value.members }, freshness };
    },

    async member(subject: SubjectRef): Promise<Lookup<Member>> {
      const freshness = revisions.next('poll');
      if (subject.iss !== issuer) return { kind: 'absent', freshness };
      const found = await read();
      if (found.kind === 'unknown') return found;
      const value = found.value.members.find((member) => subjectKey(member.subject) === subjectKey(subject));
      return value === undefined ? { kind: 'absent', freshness } : { kind: 'found', value, freshness };
    },

    async agreements(): Promise<Lookup<readonly Agreement[]>> {
      const freshness = revisions.next('snapshot');
      const found = await read();
      if (found.kind === 'unknown') return found;
      const { agreements } = found.value;
      return agreements === undefined ? EMPTY : { kind: 'found', value: agreements, freshness };
    },

    async admitVisitor(token: string): Promise<VisitorLookup> {
      const freshness = revisions.next('poll');
      const found = await read();
      if (found.kind === 'unknown') return found;
      const { agreements } = found.value;
      return agreements === undefined ? EMPTY : assertions.verify(token, agreements, freshness);
    },

    async *watch(signal) {
      const either = AbortSignal.any([signal, closing.signal]);
      const queue = new UpdateQueue();
      const feed = new MemberFeed((update) => queue.push(update));
      let told: Answer<ReadMembers> | undefined;
      let agreed: readonly Agreement[] | undefined;
      let isLooking = false;
      let isDue = false;
      const look = async (): Promise<void> => {
        isDue = true;
        if (isLooking) return;
        isLooking = true;
        while (isDue && !either.aborted) {
          isDue = false;
          const freshness = revisions.next('push');
          const found = await read();
          if (either.aborted) return;
          if (found !== told && found.kind === 'ok') {
            const { members, agreements } = found.value;
            feed.learned(members, freshness);
            if (agreements !== undefined && !isDeepStrictEqual(agreements, agreed))
              queue.push({ kind: 'agreements', agreements, freshness });
            agreed = agreements ?? agreed;
          } else if (found.kind === 'ok') feed.alive(freshness.asOfMs);
          else if (found !== told) feed.failed(found);
          told = found;
        }
        isLooking = false;
      };
      const folders = new FolderWatch(path, () => void look());
      let cancel = (): void => {};
      const again = (): void => {
        cancel = clock.after(LOOK_MS, again);
        void folders.ensureWatching().then(look);
      };
      try {
        again();
        yield* queue.take(either);
      } finally {
        cancel();
        folders.close();
      }
    },

    close() {
      closing.abort();
      return Promise.resolve();
    },
  };
}
