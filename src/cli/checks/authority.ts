import { makeFileAuthority } from '../../authority/file/file-authority.ts';
import { systemClock } from '../../clock.ts';
import type { ConfigParts } from '../../config/parts.ts';
import type { Log } from '../../ports/log.ts';
import { badAt, type Finding, good, noteAt, TRY_MS } from './finding.ts';

const peopleIn = ({ length }: { readonly length: number }): string => (length === 1 ? '1 person' : `${length} people`);

/** Whether the list of members can be read, and what is in it. Directories are only asked by a start. */
export async function checkAuthority({ authority, homeserver, ...parts }: ConfigParts): Promise<Finding[]> {
  if (authority?.source !== 'file' || authority.path === undefined || homeserver === undefined) return [];
  const { path, statuses, roles, issuer = homeserver.serverName } = authority;
  const unexplained: Finding[] = [];
  const note = noteAt(parts, ['authority', 'path']);
  const log: Log = {
    error() {},
    warn: (text) => unexplained.push(note(text.replaceAll('\n', ' '), 'See authority.statuses and authority.roles.')),
    info() {},
    debug() {},
    with: () => log,
  };
  const who = { issuer, homeserver: homeserver.serverName };
  const file = makeFileAuthority({ path, ...who, statuses, roles, clock: systemClock, log });
  try {
    const late = AbortSignal.timeout(TRY_MS);
    const snapshot = await Promise.race([
      file.snapshot(),
      new Promise<undefined>((resolve) => late.addEventListener('abort', () => resolve(undefined))),
    ]);
    if (snapshot?.kind === 'found')
      return [good('authority', `${path} names ${peopleIn(snapshot.value.members)}`), ...unexplained];
    const why = snapshot?.kind === 'unknown' ? snapshot.text : `${path} could not be read in time.`;
    return [badAt(parts, ['authority', 'path'])(why, 'docs/authority-file.md shows how it looks.')];
  } finally {
    await file.close();
  }
}
