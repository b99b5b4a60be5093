import { setTimeout as delay } from 'node:timers/promises';
import type { DemoFindings } from './demo-findings.ts';
import { MEMBER, MEMBER_ON_IRC, numbered, type Speaker } from './demo-script.ts';
import type { DemoTalk } from './demo-talk.ts';
import type { IrcUser } from './people/irc-user.ts';
import { MatrixRefusal, type MatrixUser } from './people/matrix-user.ts';
import { waitUntil } from './people/wait.ts';
import { membershipOf } from './rooms.ts';

/** From the saving of the list to the last line that passes, and to the end of every membership and connection. */
const SILENT_WITHIN_MS = 1_000;
const GONE_WITHIN_MS = 10_000;
const SETTLE_MS = 15_000;
const PAUSE_MS = 60;
/** Between two lines of somebody who may not speak. */
const TRY_MS = 150;
/** How long somebody who may not speak goes on trying when everything is over. */
const TRIES_ON_MS = 1_000;
/** Lines of others around the suspension. */
const AROUND_SUSPENSION = 8;

export type Stage = {
  readonly talk: DemoTalk;
  readonly findings: DemoFindings;
  /** Room ids by alias without the server. */
  readonly rooms: ReadonlyMap<string, string>;
  readonly bot: MatrixUser;
  /** Two members who talk; alice sees what happens in the rooms as it does. */
  readonly alice: MatrixUser;
  readonly bob: MatrixUser;
  /** Whose membership changes: in a Matrix client, and in an IRC client of her own. */
  readonly member: MatrixUser;
  readonly phone: IrcUser;
  /** On IRC in the garden, and seeing what happens there. */
  readonly witness: IrcUser;
};

/** An applicant is let in: through the Spaces into the room, and so into the channel. */
export async function admission(stage: Stage): Promise<void> {
  const { findings, member, phone, witness } = stage;
  await waitUntil(() => isClosed(witness, '#garden'), { timeoutMs: SETTLE_MS, what: 'the bridge to close #garden' });
  findings.holds('before: #garden is closed to her', await isRefused(member, roomOf(stage, '#garden')));
  findings.holds('before: her IRC client is kept out of #garden', !(await comesIn(phone, '#garden')));
  await findings.save(MEMBER, { status: 'active', groups: ['garden'] });
  for (const space of ['#willow', '#willow-garden'] as const) {
    await findings.comes(`invited into the Space ${space}`, stands(stage, space, 'invite'));
    await member.join(roomOf(stage, space));
  }
  for (const room of ['#garden', '#members'] as const) {
    const enters = async (): Promise<boolean> => !(await isRefused(member, roomOf(stage, room)));
    await findings.comes(`enters ${room} through the Space`, enters);
  }
  await findings.comes('her IRC client comes into #garden by its account', () => comesIn(phone, '#garden'));
  await speaks(stage, MEMBER, 'Hello garden, I was let in a moment ago.');
  await speaks(stage, MEMBER_ON_IRC, 'And this is me on the train.');
}

/** A coordinator has power where she coordinates, and nowhere else. */
export async function promotion(stage: Stage): Promise<void> {
  const { findings, witness } = stage;
  const from = witness.lines.length;
  await findings.save(MEMBER, { groups: [{ group: 'garden', roles: ['coordinator'] }] });
  await findings.comes('power 50 in #garden', async () => (await powerIn(stage, '#garden')) === 50);
  await findings.comes('power 50 in its Space', async () => (await powerIn(stage, '#willow-garden')) === 50);
  const isOperator = (): boolean =>
    witness.lines.slice(from).some(({ command, params }) => {
      const [channel, modes = '', nick] = params;
      return command === 'MODE' && channel === '#garden' && modes.includes('o') && nick === MEMBER_ON_IRC;
    });
  await findings.comes('operator of #garden on IRC', isOperator);
  const elsewhere = ['#members', '#commons', '#willow'] as const;
  const powers = await Promise.all(elsewhere.map((room) => powerIn(stage, room)));
  findings.holds(
    `elsewhere: ${elsewhere.map((room, at) => `${room} ${powers[at]}`).join(', ')}`,
    powers.every((power) => power === 0),
  );
}

/** In the middle of a conversation somebody is suspended, and goes on trying on every way there is. */
export async function suspension(stage: Stage): Promise<void> {
  const { talk, findings, member, witness } = stage;
  const puppet = witness.said('#garden').find(({ text }) => text.startsWith('Hello garden'))?.nick;
  const others = (['bob', 'carol'] as const).map((speaker) =>
    talk.sayAll(numbered(speaker, '#garden', 'around a suspension', AROUND_SUSPENSION), PAUSE_MS),
  );
  await talk.sayAll(numbered(MEMBER, '#garden', 'while I may', 3), PAUSE_MS);
  await talk.sayAll(numbered(MEMBER_ON_IRC, '#garden', 'while I may', 3), PAUSE_MS);
  await talk.settle(SETTLE_MS);

  const from = witness.lines.length;
  await findings.save(MEMBER, { status: 'suspended' });
  const end = new AbortController();
  const tries = (['#garden', '#commons'] as const).flatMap((channel) => [
    goesOn(stage, MEMBER, channel, end.signal),
    goesOn(stage, MEMBER_ON_IRC, channel, end.signal),
  ]);
  const isGoneFromIrc = (nick: string | undefined): boolean =>
    witness.lines
      .slice(from)
      .some(
        (line) =>
          (line.nick === nick && line.command === 'QUIT') || (line.command === 'KICK' && line.params[1] === nick),
      );
  try {
    await Promise.all([
      ...(['#garden', '#members', '#willow-garden', '#willow', '#commons'] as const).map((room) =>
        findings.comes(`out of ${room}`, stands(stage, room, 'leave'), GONE_WITHIN_MS),
      ),
      findings.comes(`her puppet ${puppet} is gone from IRC`, () => isGoneFromIrc(puppet), GONE_WITHIN_MS),
      findings.comes('her IRC client is out of #garden', () => isGoneFromIrc(MEMBER_ON_IRC), GONE_WITHIN_MS),
    ]);
    // The commons are open to everybody else: she comes back, speaks, and is put out again.
    const isBack = !(await isRefused(member, roomOf(stage, '#commons')));
    const again = isBack ? 'comes back to the open #commons, and is put out again' : '#commons stays closed to her';
    await delay(TRIES_ON_MS);
    await findings.comes(again, stands(stage, '#commons', 'leave'), SETTLE_MS);
  } finally {
    end.abort();
    await Promise.allSettled([...tries, ...others]);
  }
  await Promise.all([...tries, ...others]);
  await talk.settle(SETTLE_MS);
  const lastMs = Math.max(0, ...talk.crossed().map(({ atMs }) => atMs - findings.savedAtMs));
  findings.holds(
    `of ${talk.attempts} lines that she tried after it, in #garden and #commons, on Matrix and on IRC, ${lastMs === 0 ? 'none passed' : `the last that passed was said ${lastMs} ms after it`}`,
    lastMs < SILENT_WITHIN_MS,
  );
}

/** The suspension ends: everything is as it was. */
export async function homecoming(stage: Stage): Promise<void> {
  const { findings, member, phone } = stage;
  await findings.save(MEMBER, { status: 'active' });
  for (const room of ['#willow', '#willow-garden', '#garden', '#members', '#commons'] as const) {
    await findings.comes(`invited into ${room} again`, stands(stage, room, 'invite'));
    await member.join(roomOf(stage, room));
  }
  await findings.comes('power 50 in #garden again', async () => (await powerIn(stage, '#garden')) === 50);
  await findings.comes('her IRC client comes into #garden again', () => comesIn(phone, '#garden'));
  await speaks(stage, MEMBER, 'Back again, what did I miss?');
  await speaks(stage, MEMBER_ON_IRC, 'And back on the train.');
}

/** Says a line that has to arrive. */
async function speaks({ talk, findings }: Stage, speaker: Speaker, text: string): Promise<void> {
  const before = talk.spoken.length;
  await talk.say({ speaker, channel: '#garden', text });
  await talk.settle(SETTLE_MS);
  const line = talk.spoken[before];
  const lag = line === undefined ? undefined : talk.lagOf(line);
  const where = line?.direction === 'mx→irc' ? 'on IRC' : 'on Matrix';
  findings.holds(
    lag === undefined ? `${speaker} was not heard ${where}` : `${speaker} is heard ${where}`,
    lag !== undefined,
  );
}

/** Tries line after line, allowed or not. */
async function goesOn({ talk }: Stage, speaker: Speaker, channel: string, end: AbortSignal): Promise<void> {
  for (let line = 1; !end.aborted; line++) {
    const text = `whatever you decide, line ${line} of ${speaker} in ${channel}`;
    await talk.attempt({ speaker, channel, text }).catch((error: unknown) => {
      if (!(error instanceof MatrixRefusal)) throw error;
    });
    await delay(TRY_MS);
  }
}

function roomOf({ rooms }: Stage, alias: string): string {
  const room = rooms.get(alias);
  if (room === undefined) throw new Error(`The demo has no room ${alias}.`);
  return room;
}

const stands = (stage: Stage, alias: string, membership: string) => async (): Promise<boolean> =>
  (await membershipOf(stage.bot, roomOf(stage, alias), stage.member.userId)) === membership;

async function powerIn(stage: Stage, alias: string): Promise<number> {
  const { users = {} } = await stage.bot.state(roomOf(stage, alias), 'm.room.power_levels');
  return (users as Readonly<Record<string, number>>)[stage.member.userId] ?? 0;
}

/** Dendrite answers 403, or 500 where one would have to be in the Space of a restricted room. */
async function isRefused(user: MatrixUser, room: string): Promise<boolean> {
  try {
    await user.join(room);
    return false;
  } catch (error) {
    if (error instanceof MatrixRefusal) return true;
    throw error;
  }
}

async function isClosed(witness: IrcUser, channel: string): Promise<boolean> {
  const from = witness.lines.length;
  witness.sendLine(`MODE ${channel}`);
  const { params } = await witness.waitFor(({ command, params: [, name] }) => command === '324' && name === channel, {
    from,
    what: `the modes of ${channel}`,
  });
  const closed = params[2]?.includes('i') === true;
  if (!closed) await delay(TRY_MS);
  return closed;
}

/** Whether the server lets somebody into a channel. */
async function comesIn(user: IrcUser, channel: string): Promise<boolean> {
  try {
    await user.join(channel);
    return true;
  } catch (error) {
    if (/ 4\d\d /.test(String(error))) return false;
    throw error;
  }
}
