import type { Result } from '../core/errors.ts';
import type { Homeserver } from '../ports/matrix.ts';
import type { Metrics } from '../ports/metrics.ts';

type Calls = {
  [K in keyof Homeserver as Homeserver[K] extends (...args: never[]) => Promise<Result<unknown>>
    ? K
    : never]: Homeserver[K];
};
type Label = Parameters<Metrics['matrixRequestSeconds']['observe']>[0]['call'];

const LABELS: Readonly<Record<keyof Calls, Label>> = {
  probe: 'other',
  send: 'send',
  sendState: 'state',
  typing: 'other',
  presenceOf: 'other',
  setPresence: 'other',
  markRead: 'other',
  redact: 'send',
  state: 'state',
  stateContent: 'state',
  messages: 'messages',
  event: 'messages',
  joinedMembers: 'state',
  joinedRooms: 'state',
  displayName: 'profile',
  resolveAlias: 'other',
  createRoom: 'create',
  createAlias: 'create',
  join: 'join',
  leave: 'leave',
  invite: 'other',
  kick: 'leave',
  ban: 'leave',
  unban: 'other',
  rejectKnock: 'leave',
  isPublished: 'other',
  publish: 'other',
  registerGhost: 'register',
  setDisplayName: 'profile',
  silence: 'profile',
  openMedia: 'media',
  upload: 'media',
};

/** The same homeserver, each call timed; `refused`: it said no for good, `failed`: everything else that went wrong. */
export function measuredHomeserver(homeserver: Homeserver, metrics: Metrics): Homeserver {
  const timed =
    <A extends unknown[], T>(call: Label, run: (...args: A) => Promise<Result<T>>) =>
    async (...args: A): Promise<Result<T>> => {
      const from = performance.now();
      const result = await run(...args);
      const outcome = result.ok ? 'ok' : result.error.retry === 'never' ? 'refused' : 'failed';
      metrics.matrixRequestSeconds.observe({ call, outcome }, (performance.now() - from) / 1000);
      return result;
    };
  const measured = Object.fromEntries(
    (Object.keys(LABELS) as (keyof Calls)[]).map((name) => [
      name,
      timed(LABELS[name], homeserver[name].bind(homeserver) as (...args: unknown[]) => Promise<Result<unknown>>),
    ]),
  ) as unknown as Calls;
  return {
    ...measured,
    botId: homeserver.botId,
    serverName: homeserver.serverName,
    get health() {
      return homeserver.health;
    },
  };
}
