import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { continues } from '../../../src/core/freeq/continues.ts';
import { BatchAssembler } from '../../../src/core/irc/batch.ts';
import { type Assembled, messagesOf } from '../../../src/core/irc/batch-parts.ts';
import { ContinuedLines, joinContinued } from '../../../src/core/irc/continued-lines.ts';
import { type IrcLine, parseLine } from '../../../src/core/irc/line.ts';

const line = (text: string): IrcLine => parseLine(text) ?? assert.fail(text);
const inShort = (items: readonly Assembled[]) =>
  items.flatMap(messagesOf).map((item) => ({
    nick: item.line.source?.nick,
    msgid: item.line.tags.get('msgid'),
    lines: item.kind === 'multiline' ? item.lines : [item.line.params[1] ?? ''],
  }));

/** Who says it, and whether it begins a message. */
const spoken = fc.array(fc.tuple(fc.constantFrom('anna', 'zoe'), fc.boolean()), { maxLength: 30 });
const toLines = (said: readonly (readonly [string, boolean])[]): IrcLine[] =>
  said.map(([nick, begins], at) => line(`${begins ? `@msgid=${at} ` : ''}:${nick}!u@h PRIVMSG #c :line ${at}`));

describe('messages that come line by line', () => {
  test('lose no word, keep their order, and have nobody else’s words in them', () => {
    fc.assert(
      fc.property(spoken, fc.array(fc.boolean(), { minLength: 30, maxLength: 30 }), (said, pauses) => {
        const all = new ContinuedLines(new BatchAssembler(), continues);
        const lines = toLines(said);
        let nowMs = 0;
        const out = lines.flatMap((each, at) => {
          nowMs += pauses[at] === true ? 1_000 : 1;
          return all.push(each, nowMs);
        });
        const told = inShort([...out, ...all.expire(nowMs + 1_000)]);
        assert.deepEqual(
          told.flatMap((message) => message.lines.map((text) => [message.nick, text])),
          said.map(([nick], at) => [nick, `line ${at}`]),
        );
        for (const { lines: own, msgid } of told)
          for (const [index, text] of own.entries()) {
            const begins = said[Number(text.slice(5))]?.[1] === true;
            assert.equal(begins, index === 0 && msgid !== undefined);
          }
      }),
    );
  });

  test('are the same messages in a history, whoever spoke in between', () => {
    fc.assert(
      fc.property(spoken, (said) => {
        const items = toLines(said).map((each) => ({ kind: 'line', line: each, batch: undefined }) as const);
        const told = inShort(joinContinued(items, continues));
        assert.deepEqual(
          told.flatMap((message) => message.lines.map((text) => [message.nick, text])),
          said.map(([nick], at) => [nick, `line ${at}`]),
        );
      }),
    );
  });

  test('say of a rest that comes too late who said it, and do nothing again that the beginning did', () => {
    const all = new ContinuedLines(new BatchAssembler(), continues);
    const first = '@msgid=1;+draft/edit=0;+reply=0;account=did:plc:a;+freeq.at/origin=J.test :zed PRIVMSG #c :new';
    const out = [
      ...all.push(line(first), 0),
      ...all.push(line(':anna!u@h JOIN #c'), 1),
      ...all.push(line(':zed PRIVMSG #c :words'), 2),
    ];
    const [, , rest] = out.flatMap(messagesOf);
    assert.deepEqual(
      [[...(rest?.line.tags ?? [])].sort(), rest?.line.params[1]],
      [
        [
          ['+freeq.at/origin', 'J.test'],
          ['account', 'did:plc:a'],
        ],
        'words',
      ],
    );
  });
});
