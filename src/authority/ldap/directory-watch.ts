import { HEARTBEAT_MS } from '../heartbeat.ts';
import { pause } from '../pause.ts';
import { unknown } from '../unknown.ts';
import { LdapConnection } from './connection.ts';
import { entriesToMembers } from './entries-to-members.ts';
import { type Followed, followSync } from './follow-sync.ts';
import { readDirectory, supportsSync } from './read-directory.ts';
import type { Stretch, WatchParts } from './watch-parts.ts';

const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 15_000;

/** Keeps the feed true until the signal is raised: by content synchronisation where the server has it, else by asking. */
export async function watchDirectory(parts: WatchParts, signal: AbortSignal): Promise<void> {
  const { clock, feed } = parts;
  let retryMs = FIRST_RETRY_MS;
  while (!signal.aborted) {
    const { why, wasWell } = await stretch(parts, signal);
    if (signal.aborted) return;
    feed.failed(why);
    if (wasWell) retryMs = FIRST_RETRY_MS;
    await pause(clock, retryMs * (0.75 + clock.random() / 2), signal);
    retryMs = Math.min(retryMs * 2, LAST_RETRY_MS);
  }
}

async function stretch(parts: WatchParts, signal: AbortSignal): Promise<Stretch> {
  const { asker, log } = parts;
  const offersSync = await asker.ask((connection) => supportsSync(connection));
  if (offersSync.kind === 'unknown') return { why: offersSync, wasWell: false };
  if (offersSync.value) {
    log.info('the directory pushes its changes (RFC 4533)');
    let followed = await synchronise(parts, signal);
    while (followed.renew && !signal.aborted) followed = await synchronise(parts, signal);
    // OpenLDAP offers it for all of its databases and may have it for none (overlay syncprov).
    if (!followed.refused) return followed;
  }
  log.info('the directory does not push its changes, so it is asked', { everySeconds: parts.intervalMs / 1000 });
  return askAgainAndAgain(parts, signal);
}

async function synchronise(parts: WatchParts, signal: AbortSignal): Promise<Followed> {
  const opened = await LdapConnection.open(parts.target, parts.clock);
  if (opened.kind === 'unknown') return { why: opened, wasWell: false, refused: false, renew: false };
  const close = (): void => opened.value.close();
  signal.addEventListener('abort', close);
  if (signal.aborted) close();
  const end = await followSync(parts, opened.value);
  signal.removeEventListener('abort', close);
  close();
  return end;
}

async function askAgainAndAgain(parts: WatchParts, signal: AbortSignal): Promise<Stretch> {
  const { asker, places, words, feed, clock, intervalMs, revision } = parts;
  for (let wasWell = false; ; wasWell = true) {
    const freshness = revision('poll');
    const directory = await asker.ask((connection) => readDirectory(connection, places, words));
    if (directory.kind === 'unknown') return { why: directory, wasWell };
    const members = entriesToMembers(directory.value, words);
    if (members.kind === 'unknown') return { why: members, wasWell };
    feed.learned(members.value, freshness);
    const nextMs = clock.nowMs() + intervalMs;
    for (let leftMs = intervalMs; leftMs > 0; leftMs = nextMs - clock.nowMs()) {
      await pause(clock, Math.min(leftMs, HEARTBEAT_MS), signal);
      if (signal.aborted) return { why: unknown('unreachable', 'Causeway is stopping.'), wasWell };
      // Not newer than it is: the directory was asked then and not since.
      if (clock.nowMs() < nextMs) feed.alive(freshness.asOfMs);
    }
  }
}
