import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { listeningScene } from '../fakes/irc-scene.ts';
import { person } from '../fakes/network-world.ts';

const LINES = 60_000;
const SEED = Number(process.env.FUZZ_SEED ?? 20_260_807);
const CAPS =
  'batch cap-notify message-tags server-time echo-message labeled-response account-tag extended-join draft/chathistory account-notify chghost';

/** A small generator, so that a failing run can be repeated from its seed (mulberry32). */
function makeRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const COMMANDS =
  'PRIVMSG NOTICE JOIN PART QUIT NICK KICK MODE TOPIC INVITE AWAY ACCOUNT CHGHOST SETNAME BATCH CAP TAGMSG FAIL WARN NOTE ACK PONG AUTHENTICATE REDACT 001 004 005 301 311 314 315 318 319 324 332 333 338 352 353 354 364 366 367 368 369 376 378 381 396 401 403 404 405 406 412 417 421 432 433 437 441 442 443 461 465 470 471 473 474 475 477 482 484 730 731 761 900 901 903 904 908 972 xyz 99 1234'.split(
    ' ',
  );
const WORDS = [
  '#commons',
  '#Commons',
  '@#commons',
  '&x',
  '#',
  'causeway',
  'CAUSEWAY',
  'Alice',
  'carol',
  '*',
  '0',
  '-',
  '+1',
  '-1',
  'LS',
  'ACK',
  'NAK',
  'NEW',
  'DEL',
  'chathistory',
  'draft/multiline',
  'labeled-response',
  'netsplit',
  'CHATHISTORY',
  'PRIVMSG',
  '\x01ACTION x\x01',
  '\x01VERSION\x01',
  '\x01',
  ':',
  '::',
  '🦆',
  '\ud800',
  'a'.repeat(600),
  'CASEMAPPING=ascii',
  'CASEMAPPING=rfc8265',
  'CHANTYPES',
  'CHANTYPES=',
  'PREFIX',
  'PREFIX=(',
  'NICKLEN=0',
  'LINELEN=1',
  'CHATHISTORY=1',
  'CLIENTTAGDENY',
  '-NETWORK',
  '=',
  '@',
  '77',
];
const SOURCES = [
  '',
  ':',
  ':carol!c@h ',
  ':causeway!u@h.example ',
  ':Alice!u@h.example ',
  ':fake.test ',
  ':! ',
  ':@ ',
  ':HistServ ',
];
const TAGS = [
  '',
  '@ ',
  '@; ',
  '@= ',
  '@msgid=',
  '@time=',
  '@time=x ',
  '@time=2026-08-07T00:00:00.000Z ',
  '@label=1 ',
  '@label ',
  '@batch=1 ',
  '@account=alice ',
  '@draft/relaymsg=causeway ',
  '@+a=b;msgid=m ',
  `@${'k;'.repeat(300)} `,
];

/** Lines that end no connection: what an ERROR or a forced nick does is tested on its own. */
function hostileLine(random: () => number): string {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const kind = random();
  if (kind < 0.08) {
    return Array.from({ length: Math.floor(random() * 60) }, () => String.fromCharCode(Math.floor(random() * 0x250)))
      .join('')
      .replace(/\n/g, '');
  }
  const words = Array.from({ length: Math.floor(random() * 8) }, () => pick(WORDS));
  const line = `${pick(TAGS)}${pick(SOURCES)}${pick(COMMANDS)} ${words.join(' ')}`;
  return kind < 0.2 ? line.slice(0, Math.floor(random() * line.length)) : line;
}

/** Lines that would rightly take the bot out of its channel, or rename it: they would end what the test looks at. */
const isLegitimatelyFatal = (line: string): boolean =>
  /^(@\S* +)?(:\S* +)?(NICK|KICK|PART|ERROR|KILL|QUIT|CAP|JOIN|005)\b/i.test(line) &&
  /causeway|Alice|DEL|CHANTYPES|CASEMAPPING|CLIENTTAGDENY|PREFIX|LINELEN/i.test(line);

describe('hostile servers', { timeout: 60_000 }, () => {
  test(`${2 * LINES} odd lines throw nothing, cost bounded memory, and leave the link working (seed ${SEED})`, async (t) => {
    const random = makeRandom(SEED);
    const { server, world } = await listeningScene(t, { caps: CAPS, isupport: 'CASEMAPPING=ascii CHANTYPES=#&' });
    const bot = await server.client('causeway');
    const voice = await world.network.voice(person('Alice'), '#commons');
    assert.equal(voice.ok && voice.value.id, 'puppet:@alice:willow.example');
    const alice = await server.client('Alice');

    const before = process.memoryUsage().heapUsed;
    for (const client of [bot, alice]) {
      for (let chunk = 0; chunk < LINES / 1000; chunk++) {
        const lines = Array.from({ length: 1000 }, () => hostileLine(random)).filter(
          (line) => !isLegitimatelyFatal(line),
        );
        client.sendBytes(Buffer.from(`${lines.join('\n')}\n`, 'utf8'));
        client.send(`PING :chunk-${chunk}`);
        await client.got(new RegExp(`^PONG chunk-${chunk}$`));
        client.lines.length = 0;
      }
    }
    const grown = process.memoryUsage().heapUsed - before;
    assert.ok(grown < 150 * 1024 * 1024, `grew by ${grown}`);
    assert.deepEqual(
      world.logged.filter((line) => line.startsWith('error')),
      [],
    );

    bot.send('@msgid=last :carol!c@h PRIVMSG #commons :still here');
    await world.hears('carol: still here');
    const said = world.say(person('Alice'), 'me too');
    const line = await alice.got(/PRIVMSG #commons :me too/);
    const label = /label=([^; ]+)/.exec(line)?.[1];
    alice.send(`@label=${label};msgid=own :${alice.prefix} PRIVMSG #commons :me too`);
    assert.equal((await said).ok, true);
  });

  test('a line without end is let go, and the next one is read', async (t) => {
    const { server, world } = await listeningScene(t);
    const bot = await server.client('causeway');
    for (let i = 0; i < 300; i++) bot.sendBytes(Buffer.alloc(10_000, 'x'));
    bot.send('', ':carol!c@h PRIVMSG #commons :after the flood');
    await world.hears('carol: after the flood');
  });

  test('ten thousand lines in one read all arrive, in order, though the disk is slow', async (t) => {
    const { server, world } = await listeningScene(t, { caps: 'message-tags server-time' });
    const bot = await server.client('causeway');
    const slow = Promise.withResolvers<void>();
    world.stalled = slow.promise;
    const numbers = Array.from({ length: 30_000 }, (_, number) => number);
    bot.send(...numbers.map((number) => `:carol!c@h PRIVMSG #commons :${number}`));
    slow.resolve();
    world.stalled = undefined;
    await world.hears('carol: 29999');
    assert.deepEqual(
      world.heard(),
      numbers.map((number) => `carol: ${number}`),
    );
  });
});
