import { type Lookup, type Member, type Snapshot, type SubjectRef, subjectKey } from '../../core/authority/member.ts';
import type { Authority } from '../../ports/authority.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import { MemberFeed } from '../member-feed.ts';
import { Revisions } from '../revisions.ts';
import type { Answer } from '../unknown.ts';
import { UpdateQueue } from '../update-queue.ts';
import { withoutAgreements } from '../without-agreements.ts';
import { Asker } from './asker.ts';
import { watchDirectory } from './directory-watch.ts';
import { entriesToMembers, type Vocabulary } from './entries-to-members.ts';
import type { LdapConfig } from './ldap-config.ts';
import { type Places, parsePlaces, readDirectory, readPerson } from './read-directory.ts';

export type LdapAuthorityOptions = {
  readonly config: LdapConfig;
  readonly issuer: string;
  /** The directory's words, in ours (`authority.statuses`, `authority.roles`). */
  readonly statuses: Readonly<Record<string, string>>;
  readonly roles: Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly log: Log;
};

/**
 * A directory server as the authority (RFC 4511). People are entries, seats are groups that name them. Changes are
 * pushed where the server has content synchronisation (RFC 4533: OpenLDAP with the overlay syncprov, 389 Directory
 * Server), and asked for every `intervalSeconds` elsewhere.
 *
 * Answers are whole or `unknown`: a size limit, a referral, a page that does not come, a directory that suddenly shows
 * nobody, a person without the attribute that names them, and one account claimed by two all make it unknown.
 *
 * Whoever is no longer in the directory is absent. Beyond this machine nothing is said in clear: `ldap://` there is
 * StartTLS or nothing, and certificates are always checked.
 */
export function makeLdapAuthority(options: LdapAuthorityOptions): Authority {
  const { config, issuer, clock, log } = options;
  const { url, bindDn, password, caFile, intervalSeconds } = config;
  const target = { url, bindDn, password, caFile };
  const words: Vocabulary = { ...config, issuer, statuses: options.statuses, roles: options.roles };
  const places = parsePlaces(config);
  const revisions = new Revisions(clock);
  const asker = new Asker(target, clock);
  const closing = new AbortController();

  const ask = async <T>(question: (places: Places) => Promise<Answer<T>>): Promise<Answer<T>> =>
    places.kind === 'unknown' ? places : question(places.value);

  return {
    description: {
      issuer,
      source: `ldap ${url} ${config.base}`,
      supports: new Set(['snapshot', 'status', 'push']),
    },

    async snapshot(): Promise<Lookup<Snapshot>> {
      const freshness = revisions.next('snapshot');
      const directory = await ask((at) => asker.ask((connection) => readDirectory(connection, at, words)));
      if (directory.kind === 'unknown') return directory;
      const members = entriesToMembers(directory.value, words);
      return members.kind === 'unknown' ? members : { kind: 'found', value: { members: members.value }, freshness };
    },

    async member(subject: SubjectRef): Promise<Lookup<Member>> {
      const freshness = revisions.next('poll');
      if (subject.iss !== issuer) return { kind: 'absent', freshness };
      const found = await ask((at) => asker.ask((connection) => readPerson(connection, at, words, subject.sub)));
      if (found.kind === 'unknown') return found;
      if (found.value === undefined) return { kind: 'absent', freshness };
      const members = entriesToMembers(found.value, words);
      if (members.kind === 'unknown') return members;
      const member = members.value.find((one) => subjectKey(one.subject) === subjectKey(subject));
      return member === undefined ? { kind: 'absent', freshness } : { kind: 'found', value: member, freshness };
    },

    async *watch(signal) {
      const queue = new UpdateQueue();
      const either = AbortSignal.any([signal, closing.signal]);
      const feed = new MemberFeed((update) => queue.push(update));
      const revision = revisions.next.bind(revisions);
      const intervalMs = intervalSeconds * 1000;
      if (places.kind === 'unknown') queue.push(places);
      else {
        const parts = { target, places: places.value, words, intervalMs, asker, feed, revision, clock, log };
        void watchDirectory(parts, either);
      }
      yield* queue.take(either);
    },

    ...withoutAgreements,

    close() {
      closing.abort();
      asker.close();
      return Promise.resolve();
    },
  };
}
