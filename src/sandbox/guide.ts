import { CHANNELS } from './bridge-files.ts';
import { onPath } from './obtain/on-path.ts';
import type { Shard } from './shard.ts';

/** What a person needs to know to try the sandbox: addresses, logins, first steps. */
export async function guide(shard: Shard): Promise<string> {
  const { homeserver, irc, state } = shard;
  const { host, port, tls } = irc.world;
  const [channel] = CHANNELS;
  const logins =
    homeserver.dendrite === undefined
      ? [
          `           log in as yourself, then join ${CHANNELS.map((name) => `${name}:${homeserver.serverName}`).join(' and ')}`,
        ]
      : state.people.map(({ name, password }) => `           ${name.padEnd(6)} password  ${password}`);
  return [
    '',
    `  Matrix   any client, homeserver  ${homeserver.url}`,
    ...logins,
    `           rooms  ${CHANNELS.map((name) => `${name}:${homeserver.serverName}`).join('  ')}`,
    `  IRC      any client, server  ${host} port ${port}${tls ? ' with TLS' : ', no TLS'}, any nick`,
    `           then  /join ${CHANNELS.join(',')}`,
    `  Bridge   http://127.0.0.1:${state.ports.http}/status`,
    '',
    `  Try      Say something in ${channel} on one side and watch the other.`,
    ...(await tryByHand(shard)),
    '  Stop     Ctrl-C. The next start has the same rooms and logins; --reset begins anew.',
    '',
  ].join('\n');
}

/** For somebody without any client at hand, where there is netcat. */
async function tryByHand({ irc }: Shard): Promise<string[]> {
  const { host, port, tls } = irc.world;
  if (tls || (await onPath('nc')).length === 0) return [];
  const lines = `NICK guest\\nUSER guest 0 * :guest\\nJOIN ${CHANNELS[0]}\\nPRIVMSG ${CHANNELS[0]} :hello from a shell\\n`;
  return [`           Without a client:  (printf '${lines}'; sleep 600) | nc ${host} ${port}`];
}
