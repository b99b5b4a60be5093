import type { Router } from 'express';
import { MIN_SCIM_TOKEN } from '../../config/checks/authority-checks.ts';
import type { Lookup, Member, Snapshot, SubjectRef } from '../../core/authority/member.ts';
import type { Authority } from '../../ports/authority.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { ScimStore } from '../../ports/scim-store.ts';
import { keepBeating } from '../heartbeat.ts';
import { pause } from '../pause.ts';
import { type Unknown, unknown } from '../unknown.ts';
import { UpdateQueue } from '../update-queue.ts';
import { withoutAgreements } from '../without-agreements.ts';
import type { Words } from '../words.ts';
import { ScimDirectory } from './directory.ts';
import { Refusal } from './refusal.ts';
import { makeScimRouter } from './router.ts';

const RETRY_MS = 2_000;
/** Whoever asks while the store is being read waits so long for it. */
const LOAD_WAIT_MS = 5_000;

export type ScimProviderOptions = Words & {
  /** Bearer token of the directory that writes; {@link MIN_SCIM_TOKEN} characters or more. */
  readonly token: string;
  readonly issuer: string;
  readonly store: ScimStore;
  readonly clock: Clock;
  readonly log: Log;
};

export type ScimProvider = {
  readonly authority: Authority;
  /** To be mounted as it is, usually on `/scim/v2`; reads bodies and checks the token by itself. */
  readonly router: Router;
};

/**
 * Causeway as a SCIM 2.0 service provider (RFC 7643, RFC 7644): an identity provider (Keycloak, Okta, Entra, authentik)
 * writes users and groups to it, and each write is the push. A write is answered 2xx only once `store` has it.
 *
 * As long as nothing was ever written nobody is known, and nobody is absent either: all is `unknown`. Likewise while the
 * store cannot be read.
 * @throws for a token that is too short: configurations are checked before
 */
export function makeScimProvider(options: ScimProviderOptions): ScimProvider {
  const { token, issuer, store, clock, log, statuses, roles } = options;
  if (token.length < MIN_SCIM_TOKEN) throw new Error(`a SCIM token has ${MIN_SCIM_TOKEN} characters or more`);
  const closing = new AbortController();
  /** Of whoever watches; nobody hears what was before. */
  let queue: UpdateQueue | undefined;
  let problem: Unknown | undefined = unknown('unreachable', 'What the directory wrote is still being read.');
  const words = { issuer, statuses, roles };
  let directory: ScimDirectory | undefined;
  let cancelRetry = (): void => {};
  let loading = load();

  const tellAll = (known: ScimDirectory): void => {
    queue?.push(
      known.isEmpty
        ? nothingYet
        : { kind: 'snapshot', snapshot: { members: known.members }, freshness: known.freshness('push') },
    );
  };

  async function load(): Promise<void> {
    let wasEmpty = true;
    const fresh: ScimDirectory = new ScimDirectory({
      store,
      words,
      clock,
      log,
      onChange: (updates) => {
        if (wasEmpty) tellAll(fresh);
        else for (const update of updates) queue?.push(update);
        wasEmpty = false;
      },
    });
    try {
      await fresh.load();
      wasEmpty = fresh.isEmpty;
      directory = fresh;
      problem = undefined;
      tellAll(fresh);
    } catch (error) {
      problem = unknown('unreachable', 'What the directory wrote cannot be read from the database. The log says more.');
      log.error('What the directory wrote over SCIM cannot be read; trying again.', { error: String(error) });
      queue?.push(problem);
      if (closing.signal.aborted) return;
      cancelRetry = clock.after(RETRY_MS, () => {
        loading = load();
      });
    }
  }

  const ready = async (): Promise<ScimDirectory | Unknown> => {
    if (directory === undefined) await Promise.race([loading, pause(clock, LOAD_WAIT_MS, closing.signal)]);
    if (directory === undefined) return problem ?? nothingYet;
    return directory.isEmpty ? nothingYet : directory;
  };

  const authority: Authority = {
    description: {
      issuer,
      source: 'scim, written to us by the directory',
      supports: new Set(['snapshot', 'status', 'push']),
    },

    async snapshot(): Promise<Lookup<Snapshot>> {
      const known = await ready();
      if ('kind' in known) return known;
      return { kind: 'found', value: { members: known.members }, freshness: known.freshness('snapshot') };
    },

    async member(subject: SubjectRef): Promise<Lookup<Member>> {
      const known = await ready();
      if ('kind' in known) return known;
      const value = subject.iss === issuer ? known.member(subject.sub) : undefined;
      const freshness = known.freshness('poll');
      return value === undefined ? { kind: 'absent', freshness } : { kind: 'found', value, freshness };
    },

    async *watch(signal) {
      const either = AbortSignal.any([signal, closing.signal]);
      const updates = new UpdateQueue();
      queue = updates;
      if (directory !== undefined) tellAll(directory);
      else if (problem !== undefined) updates.push(problem);
      const stop = keepBeating(clock, () => {
        if (directory !== undefined && !directory.isEmpty) updates.push({ kind: 'heartbeat', asOfMs: clock.nowMs() });
      });
      try {
        yield* updates.take(either);
      } finally {
        stop();
        queue = undefined;
      }
    },

    ...withoutAgreements,

    close() {
      closing.abort();
      cancelRetry();
      return Promise.resolve();
    },
  };

  const router = makeScimRouter({
    directory: () => directory ?? new Refusal(503, 'What was written before is still being read. Try again.'),
    token,
    log,
  });
  return { authority, router };
}

const nothingYet = unknown(
  'stale',
  'The directory has written nobody to us yet. Set it up to provision to /scim/v2 on http.listen with the token of authority.scim.',
);
