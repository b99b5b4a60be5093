import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { OutgoingLine } from '../../src/core/irc/encode.ts';
import { parseLine } from '../../src/core/irc/line.ts';
import { PrivateTalk } from '../../src/irc/private-talk.ts';
import type { RosterEntry } from '../../src/ports/network.ts';

const lineOf = (text: string) => {
  const line = parseLine(text);
  if (line === undefined) throw new Error(`no line: ${text}`);
  return line;
};

describe('what somebody says to the bot alone', () => {
  const asked: [RosterEntry, string][] = [];
  const sink = {
    asked: async (source: RosterEntry, text: string) => {
      asked.push([source, text]);
      return `first\n\n${'x'.repeat(1_000)}`;
    },
  };

  test('is answered in notices, line by line, each as long as a line may be', async () => {
    const talk = new PrivateTalk(sink);
    const answers = await talk.answer(lineOf(':ada!u@h PRIVMSG causeway :link ABCD'), 'ada', 0);
    assert.deepEqual(asked.at(-1), [{ nick: 'ada', account: 'ada' }, 'link ABCD']);
    assert.deepEqual(
      answers.map(({ command, params }) => [command, params[0], String(params[1]).length]),
      [
        ['NOTICE', 'ada', 5],
        ['NOTICE', 'ada', 350],
      ],
    );
  });

  test('is not answered where it is a question of a program', async () => {
    assert.deepEqual(
      await new PrivateTalk(sink).answer(lineOf(':ada!u@h PRIVMSG causeway :\x01VERSION\x01'), null, 0),
      [],
    );
  });

  test('is answered to one after the other, as fast as the server takes it, and not at all when very many ask', async () => {
    const talk = new PrivateTalk(sink);
    const said: string[] = [];
    const taken: (() => void)[] = [];
    const say = (lines: readonly OutgoingLine[]): Promise<void> => {
      said.push(String(lines[0]?.params[0]));
      return new Promise((resolve) => taken.push(resolve));
    };
    const ask = (nick: string): Promise<void> =>
      talk.reply(lineOf(`:${nick}!u@h PRIVMSG causeway :help`), null, 0, say);
    const asking = Array.from({ length: 100 }, (_, n) => ask(`n${n}`));
    while (taken.length === 0) await null;
    assert.deepEqual(said, ['n0']);
    for (let n = 0; n < 20; n++) {
      while (taken.length <= n) await null;
      taken[n]?.();
    }
    await Promise.all(asking);
    assert.deepEqual(
      said,
      Array.from({ length: 20 }, (_, n) => `n${n}`),
    );
    void ask('late');
    while (taken.length <= 20) await null;
    assert.equal(said.at(-1), 'late');
  });

  test('is answered a few times at once and then now and then, each person by themselves', async () => {
    const talk = new PrivateTalk(sink);
    const line = (nick: string) => lineOf(`:${nick}!u@h PRIVMSG causeway :help`);
    const counts: number[] = [];
    for (let time = 0; time < 10; time++) counts.push((await talk.answer(line('ada'), null, 0)).length);
    assert.deepEqual(counts, [2, 2, 2, 2, 2, 2, 0, 0, 0, 0]);
    assert.equal((await talk.answer(line('bea'), null, 0)).length, 2);
    assert.equal((await talk.answer(line('ada'), null, 60_000)).length, 2);
  });
});
