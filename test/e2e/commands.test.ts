import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type IrcUser, type MatrixUser, waitUntil } from '../servers/people.ts';
import { makeTempDir } from '../servers/temp-dir.ts';
import { type Shard, startShard } from './shard.ts';

const CHANNEL = '#commons';

describe('commands on a real homeserver and network', { timeout: 300_000 }, () => {
  let shard: Shard;
  let alice: MatrixUser;
  let bob: MatrixUser;
  let carol: IrcUser;
  let room: string;

  before(async () => {
    shard = await startShard('commands', { channels: [CHANNEL] });
    [alice, bob, room] = [shard.person('alice'), shard.person('bob'), shard.room(CHANNEL)];
    carol = await shard.ircUser('carol');
    for (const person of [alice, bob]) await person.send(room, `${person.userId} is here`);
    await heard(carol, `${bob.userId} is here`);
  });
  after(async () => {
    await carol?.quit();
    await shard?.stop();
  });

  const heard = (user: IrcUser, text: string) =>
    user.waitFor((line) => line.command === 'PRIVMSG' && line.params[1] === text, { what: `"${text}"` });
  const bodies = async (): Promise<string[]> =>
    (await shard.bot().history(room)).map(({ content }) => String(content.body ?? ''));
  const shown = (text: string) =>
    waitUntil(async () => (await bodies()).some((body) => body.includes(text)), { what: `"${text}" in the room` });

  /** @returns what the bot answers to this very message */
  async function asks(person: MatrixUser, text: string): Promise<string> {
    const eventId = await person.send(room, text);
    const answer = await waitUntil(
      async () => (await shard.bot().history(room)).find(({ content }) => repliesTo(content) === eventId),
      { timeoutMs: 30_000, what: `an answer to ${text}` },
    );
    assert.equal(answer.content.msgtype, 'm.notice');
    return String(answer.content.body);
  }

  async function asksBot(user: IrcUser, text: string): Promise<string> {
    const from = user.lines.length;
    user.say('causeway', text);
    const answer = await waitUntil(
      () => user.lines.slice(from).find((line) => line.command === 'NOTICE' && line.nick === 'causeway'),
      { what: `an answer to ${text}` },
    );
    return answer.params[1] ?? '';
  }

  test('say what there is, who is there and how the link stands, and go to no channel', async () => {
    assert.match(await asks(alice, '!causeway help'), /^!causeway help .*\n(.*\n)*!causeway names: /);
    assert.equal(await asks(alice, '!causeway names'), `One person of the network is in ${CHANNEL} on home: carol.`);
    assert.match(await asks(alice, '!causeway status'), /^#commons on home is linked\. The newest line took /);
    assert.match(await asks(alice, '!causeway staus'), /Did you mean `!causeway status`\?/);
    assert.match(await asksBot(carol, 'help'), /^help \[COMMAND\]: /);
    await alice.send(room, 'after all that');
    await heard(carol, 'after all that');
    assert.deepEqual(
      carol.lines.filter(({ params }) => params[1]?.includes('!causeway') === true),
      [],
    );
  });

  test('are answered on the command line in the words of the room, to whoever can read the registration', async () => {
    const typed = (...words: string[]) =>
      new Promise<{ code: number; out: string; err: string }>((resolve) => {
        const argv = [join(import.meta.dirname, '../../src/cli.ts'), ...words];
        execFile(process.execPath, argv, { cwd: makeTempDir('shell'), timeout: 30_000 }, (error, out, err) =>
          resolve({ code: error === null ? 0 : Number(error.code), out, err }),
        );
      });
    const config = ['--config', shard.configPath];
    assert.deepEqual(await typed('names', 'commons', ...config), {
      code: 0,
      out: `One person of the network is in ${CHANNEL} on home: carol.\n`,
      err: '',
    });
    assert.match((await typed('whois', 'carol', ...config)).out, /^carol is somebody on home\. /);
    assert.match((await typed('status', CHANNEL, ...config)).out, /^#commons on home is linked\. /);
    assert.deepEqual(await typed('plans', ...config), {
      code: 1,
      out: '',
      err: 'This bridge asks no authority (authority.source: none): it lets everybody in.\n',
    });
    const { code, err } = await typed('names', 'commons', '--url', `127.0.0.1:${shard.httpPort}`);
    assert.deepEqual([code, err.startsWith('The bridge answers whoever can read its registration')], [2, true]);
  });

  test('give somebody the nick that they ask for, which the network sees', async () => {
    assert.equal(await asks(alice, '!causeway nick'), 'You are alice on home.');
    await asks(alice, '!causeway nick kestrel');
    await carol.waitFor((line) => line.command === 'NICK' && line.params[0] === 'kestrel', {
      timeoutMs: 90_000,
      what: 'the new nick',
    });
    assert.equal(await asks(alice, '!causeway nick'), 'You are kestrel on home.');
  });

  test('keep somebody of Matrix from being bridged until they want it again', async () => {
    assert.match(await asks(bob, '!causeway optout'), /^What you write stays on Matrix/);
    await carol.waitFor((line) => line.command === 'QUIT' && line.nick === 'bob', { what: 'bob’s connection to end' });
    await bob.send(room, 'between us');
    await alice.send(room, 'for all');
    await heard(carol, 'for all');
    assert.match(await asks(alice, '!causeway status'), / One person does not want to be bridged\.$/);
    await asks(bob, '!causeway optin');
    await bob.send(room, 'here again');
    await heard(carol, 'here again');
    assert.deepEqual(
      carol.lines.filter(({ params }) => params[1] === 'between us'),
      [],
    );
  });

  test('keep somebody of the network from being bridged until they leave', async () => {
    const dave = await shard.ircUser('dave');
    dave.say(CHANNEL, 'dave before');
    await shown('dave before');
    assert.match(
      await asksBot(dave, 'optout'),
      /^What you say is not shown on Matrix from now on, while you are here as dave/,
    );
    dave.say(CHANNEL, 'dave in between');
    carol.say(CHANNEL, 'carol after');
    await shown('carol after');
    await dave.quit();
    await carol.waitFor((line) => line.command === 'QUIT' && line.nick === 'dave', { what: 'dave to leave' });
    const another = await shard.ircUser('dave');
    another.say(CHANNEL, 'another dave');
    await shown('another dave');
    await another.quit();
    assert.deepEqual(
      (await bodies()).filter((body) => body.includes('dave in between')),
      [],
    );
  });
});

function repliesTo(content: Readonly<Record<string, unknown>>): unknown {
  const relates = (content['m.relates_to'] ?? {}) as { readonly 'm.in_reply_to'?: { readonly event_id?: unknown } };
  return relates['m.in_reply_to']?.event_id;
}
