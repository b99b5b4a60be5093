import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DEFAULT_ISUPPORT } from '../../src/core/irc/isupport.ts';
import { type IrcLine, parseLine } from '../../src/core/irc/line.ts';
import { CLASSIC } from '../../src/irc/dialect.ts';
import { Attempts } from '../../src/irc/speaking/attempts.ts';
import { type LookupTools, lookUp } from '../../src/irc/speaking/lookup.ts';
import { ID_TAG, type Manner, utter } from '../../src/irc/speaking/speech.ts';
import type { Link } from '../../src/irc/wire/link.ts';
import { Replies } from '../../src/irc/wire/replies.ts';
import type { OutgoingLine } from '../../src/ports/network.ts';
import { person } from '../fakes/network-world.ts';

/** A connection to a server that lets tags through, and takes no message of several lines. */
const link = {
  ...{ nick: 'bot', user: 'u', host: 'h', ids: { of: () => undefined, stamp: undefined }, multilineRefused: true },
  hasCap: (cap: string) => cap === 'message-tags',
  dialect: { gestures: {} },
  isupport: { lineLen: 512, clientTagDeny: [], casemapping: 'ascii', chathistoryLimit: 0 },
} as unknown as Link;
const PUPPET: Manner = { kind: 'puppet' };
const RELAY: Manner = { kind: 'format', name: 'Alice in Wonderland the Second', format: '<{name}> {text}' };

/**
 * Says a line of which only the first pieces arrive, and looks it up. @returns the answer, and what is said of it then
 * @param isTagged whether the server lets tags through
 */
async function cutAfter(arrived: number, part: string, manner: Manner, isTagged = true) {
  const line: OutgoingLine = { id: 'R', style: 'text', parts: [part] };
  const said = utter(link, '#c', line, manner, person('Alice'));
  const lines = said.slice(0, arrived).map(({ body, id }, at) => ({
    ...{ channel: '#c', nick: 'bot', body, tag: isTagged ? id : undefined, atMs: 1 },
    msgid: `id${at}`,
  }));
  const attempts = new Attempts();
  attempts.cut(
    'R',
    said.map((utterance) => ({ accepted: false, utterance })),
  );
  const tools = {
    ...{ attempts, departureMs: 0, hasDeparted: () => true, isTheirs: () => true },
    listener: { session: { link }, stopped: false, joins: new Map([['#c', { state: 'joined' }]]) },
    ownLines: { since: () => ({ lines, complete: true }) },
    clock: { nowMs: () => 0 },
  } as unknown as LookupTools;
  const answer = (await lookUp(tools, '#c', [line], 0)).get('R');
  return { answer, pieces: said.length, left: attempts.missing(line, said).map(({ body }) => body) };
}

describe('a line that was said in several pieces, and cut in the middle', () => {
  test('by the relay has not arrived with its first piece; only the rest is said again', async () => {
    const part = `${'x'.repeat(430)} ${'y'.repeat(30)}`;
    const { answer, pieces, left } = await cutAfter(1, part, RELAY);
    assert.deepEqual([answer, pieces, left.length], ['absent', 2, 1]);
    assert.match(left[0] ?? '', /y{30}$/);
    assert.deepEqual(await cutAfter(2, part, RELAY), { answer: { keys: ['m:id0'] }, pieces: 2, left: [] });
  });

  test('line by line is said again from where it was cut', async () => {
    assert.deepEqual(await cutAfter(2, 'one\ntwo\nthree', PUPPET), { answer: 'absent', pieces: 3, left: ['three'] });
    assert.deepEqual(await cutAfter(3, 'one\ntwo\nthree', PUPPET), {
      answer: { keys: ['m:id0'] },
      pieces: 3,
      left: [],
    });
  });
});

describe('the same on a server that lets no tags through', () => {
  test('is known by the words of each piece, each of them once', async () => {
    const cut = (arrived: number, part: string) => cutAfter(arrived, part, PUPPET, false);
    assert.deepEqual(await cut(0, 'one\ntwo\ntwo'), { answer: 'absent', pieces: 3, left: ['one', 'two', 'two'] });
    assert.deepEqual(await cut(2, 'one\ntwo\ntwo'), { answer: 'absent', pieces: 3, left: ['two'] });
    assert.deepEqual(await cut(3, 'one\ntwo\ntwo'), { answer: { keys: ['m:id0'] }, pieces: 3, left: [] });
  });

  test('by the relay as well', async () => {
    const part = `${'x'.repeat(430)} ${'y'.repeat(30)}`;
    const { answer, left } = await cutAfter(1, part, RELAY, false);
    assert.deepEqual([answer, left.length], ['absent', 1]);
    assert.deepEqual(await cutAfter(2, part, RELAY, false), { answer: { keys: ['m:id0'] }, pieces: 2, left: [] });
  });
});

describe('a line that was said, with much talk before it in the history', () => {
  test('is found also where the server answers with fewer messages than were asked for', async () => {
    const history = Array.from({ length: 30 }, (_, i) => ({ id: i === 29 ? 'R.0' : undefined, atMs: 1_000 + i * 10 }));
    const replies = new Replies();
    const asked = {
      ...link,
      hasCap: () => true,
      label: () => undefined,
      isupport: { ...DEFAULT_ISUPPORT, chathistoryLimit: 100 },
      send: ({ params = [] }: { params?: readonly string[] }) => {
        const sinceMs = Date.parse((params[2] ?? '').replace('timestamp=', ''));
        const some = history.filter(({ atMs }) => atMs > sinceMs).slice(0, 4);
        const items = some.map(({ id, atMs }) => ({
          kind: 'line' as const,
          line: parsed(
            `@time=${new Date(atMs).toISOString()}${id === undefined ? '' : `;${ID_TAG}=${id}`} :bot!u@h PRIVMSG #c :x`,
          ),
          batch: undefined,
        }));
        const batch = { type: 'chathistory', params: ['#c'], tags: new Map<string, string>(), source: undefined };
        queueMicrotask(() => replies.take({ kind: 'batch', batch, items, complete: true }));
        return { ok: true, value: undefined };
      },
    };
    const session = { link: asked, replies, aheadMs: 0 };
    const names = { saidByUs: () => true, isOwnPrefix: () => false };
    const tools = {
      ...{ attempts: new Attempts(), departureMs: 0, hasDeparted: () => true, isTheirs: () => true, answerMs: 1_000 },
      sink: { knownKeys: async () => ({ received: new Set(), sent: new Set() }) },
      listener: {
        session,
        stopped: false,
        joins: new Map([['#c', { state: 'joined' }]]),
        nowMs: () => 10_000,
        perspective: () => ({ dialect: CLASSIC, isupport: asked.isupport, names }),
      },
      ownLines: { since: () => ({ lines: [], complete: false }) },
      clock: { nowMs: () => 10_000 },
    } as unknown as LookupTools;
    const line: OutgoingLine = { id: 'R', style: 'text', parts: ['hello'] };
    assert.deepEqual([...(await lookUp(tools, '#c', [line], 1_000))], [['R', { keys: [] }]]);
  });
});

function parsed(text: string): IrcLine {
  const line = parseLine(text);
  if (line === undefined) throw new Error(`no line: ${text}`);
  return line;
}
