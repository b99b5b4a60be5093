import { join, relative } from 'node:path';
import { CHANNELS, HOUSE_ROOMS, INHABITANTS } from './cooperative.ts';
import { membersPath } from './members-file.ts';
import { onPath } from './obtain/on-path.ts';
import type { Shard } from './shard.ts';

const [OPEN] = CHANNELS;
/** Column at which everything begins. */
const MARGIN = ' '.repeat(11);

type Guided = Pick<Shard, 'homeserver' | 'irc' | 'state'>;

/** What a person needs to know to try the sandbox: addresses, logins, first steps. @param dir the sandbox's folder */
export async function guide(shard: Guided, dir: string): Promise<string> {
  const { homeserver, irc, state } = shard;
  const { host, port, tls } = irc.world;
  const [space] = HOUSE_ROOMS;
  const isOurs = homeserver.dendrite !== undefined;
  return [
    '',
    `  Matrix   any client, homeserver  ${homeserver.url}`,
    ...(isOurs ? logins(shard) : [`${MARGIN}log in as yourself, then join ${OPEN}:${homeserver.serverName}`]),
    `${MARGIN}Space  ${space}:${homeserver.serverName}  with the rooms  ${CHANNELS.join(' ')} #lobby`,
    `  IRC      any client, server  ${host} port ${port}${tls ? ' with TLS' : ', no TLS'}, any nick`,
    `${MARGIN}then  /join ${OPEN}`,
    ...ircLogins(shard),
    `  Bridge   http://127.0.0.1:${state.ports.http}/status`,
    '',
    `  Try      Say something in ${OPEN} on one side and watch the other.`,
    ...(await tryByHand(shard)),
    ...tryCooperative(dir, isOurs),
    '  Stop     Ctrl-C. The next start has the same rooms and logins; --reset begins anew.',
    '',
  ].join('\n');
}

function logins({ state }: Guided): string[] {
  const people = state.people.map(({ name, password }) => {
    const about = INHABITANTS.find((inhabitant) => inhabitant.name === name)?.about ?? '';
    return `${MARGIN}${name.padEnd(6)} password  ${password.padEnd(18)}${about}`;
  });
  return [...people, `${MARGIN}Everybody is where they may be: the sandbox accepts invitations for them.`];
}

/** Carol is in the list only where the other people of the sandbox are. */
function ircLogins({ homeserver, irc, state }: Guided): string[] {
  const carol = state.ircPeople.find(({ name }) => name === 'carol');
  if (homeserver.dendrite === undefined || irc.ergo === undefined || carol === undefined) return [];
  return [
    `${MARGIN}as the member ${carol.name}, who has the account:  /msg NickServ IDENTIFY ${carol.name} ${carol.password}`,
    `${MARGIN}then  /join #members,#garden  (nobody else comes into these)`,
  ];
}

function tryCooperative(dir: string, isOurs: boolean): string[] {
  const file = relative('', membersPath(dir));
  const folder = relative('', dir);
  // Looked for there without being told.
  const where = folder === '.sandbox' ? '' : ` --config ${join(folder, 'config.yaml')}`;
  const change = isOurs ? 'make erin active, suspend bob' : 'put yourself in';
  return [
    `${MARGIN}Decide who is a member: edit  ${file}  (${change}), save,`,
    `${MARGIN}and watch below who is let in, who is put out, and why.`,
    ...(isOurs
      ? [
          `${MARGIN}Ask why:  node bin/causeway.mjs explain bob '#garden'${where}`,
          `${MARGIN}In the room #lobby, as erin, type  !causeway request #members  or  !causeway whoami`,
        ]
      : []),
  ];
}

/** For somebody without any client at hand, where there is netcat. */
async function tryByHand({ irc }: Guided): Promise<string[]> {
  const { host, port, tls } = irc.world;
  if (tls || (await onPath('nc')).length === 0) return [];
  const lines = `NICK guest\\nUSER guest 0 * :guest\\nJOIN ${OPEN}\\nPRIVMSG ${OPEN} :hello from a shell\\n`;
  return [`${MARGIN}Without a client:  (printf '${lines}'; sleep 600) | nc ${host} ${port}`];
}
