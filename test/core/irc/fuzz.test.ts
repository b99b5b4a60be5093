import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BatchAssembler, DEFAULT_BATCH_LIMITS } from '../../../src/core/irc/batch.ts';
import { type Assembled, messagesOf } from '../../../src/core/irc/batch-parts.ts';
import { applyCap, NO_CAPS, parseCap } from '../../../src/core/irc/caps.ts';
import { parseCtcp } from '../../../src/core/irc/ctcp.ts';
import { encodeLine } from '../../../src/core/irc/encode.ts';
import { clientTagPasses, parseTarget, readIsupport } from '../../../src/core/irc/isupport.ts';
import { applyIsupport, type IsupportTokens, NO_ISUPPORT } from '../../../src/core/irc/isupport-tokens.ts';
import { type IrcLine, MAX_PARAMS, MAX_TAGS, parseLine } from '../../../src/core/irc/line.ts';
import { packModes, parseModes } from '../../../src/core/irc/modes.ts';
import { isNetsplitReason } from '../../../src/core/irc/netsplit.ts';
import { refusalToError } from '../../../src/core/irc/numerics.ts';
import { takeChallenge } from '../../../src/core/irc/sasl.ts';
import { safeName } from '../../../src/core/text/safe-name.ts';
import { stripFormatting } from '../../../src/core/text/strip.ts';
import { processorMs } from '../../growth.ts';

const LINES = 120_000;

/** Repeatable chance (mulberry32), so that a failure names its line. */
function chance(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** Pieces of real lines, of attacks, and of nothing at all. */
const PIECES = [
  ...[
    'PRIVMSG',
    'NOTICE',
    'BATCH',
    'CAP',
    'MODE',
    '005',
    '001',
    '353',
    '404',
    'FAIL',
    'QUIT',
    'JOIN',
    'TAGMSG',
    'AUTHENTICATE',
    'privmsg',
    'ERROR',
  ],
  ...[
    '#c',
    '@#c',
    'me',
    '*',
    '+1',
    '-1',
    '+2',
    '-2',
    'LS',
    'ACK',
    'NEW',
    'DEL',
    'LIST',
    '+ov-k',
    '+oXb',
    'draft/multiline',
    'chathistory',
    'labeled-response',
    'netsplit',
  ],
  ...[
    'CLIENTTAGDENY',
    'CLIENTTAGDENY=*,-x',
    'PREFIX',
    'PREFIX=(ov',
    'PREFIX=(qaohv)~&@%+',
    'CHANMODES',
    'CHANMODES=b,k,l,i',
    'CHANTYPES=',
    'STATUSMSG=@',
    'TARGMAX=:,X:',
    '-NICKLEN',
    'NICKLEN=-1',
    'UTF8MAPPING',
    'sasl=',
    'MODES=',
  ],
  ...[
    '@batch=1',
    '@batch=2;msgid=a',
    '@a=\\',
    '@;;=;',
    '@+x=\\s\\:',
    '@__proto__=1',
    ':n!u@h',
    ':!@',
    ':irc.example',
    ':',
    '::',
    '@',
    ':\x01ACTION',
    '\x01VERSION\x01',
    '\x01',
  ],
  ...[
    '\x02',
    '\x0304,05',
    '\x04ff',
    '\x0f',
    '\x1b[2J',
    '\x00',
    '\r',
    '\n',
    '\t',
    '\u202e',
    '\u{e0041}',
    '\ud800',
    '\udc00',
    '👩‍👩‍👧',
    'e\u0301\u0302',
    '日本',
    '  ',
    '',
    '%s',
    '{target}',
    '__proto__',
    'constructor',
    'a.example b.example',
  ],
];

function hostileLine(next: (below: number) => number): string {
  const words = Array.from({ length: 1 + next(12) }, () => PIECES[next(PIECES.length)] ?? '');
  let line = words.join(next(10) === 0 ? '' : ' ');
  // Bits of any line may be anything; now and then a line is enormous.
  if (next(4) === 0)
    line =
      line.slice(0, next(line.length + 1)) +
      String.fromCodePoint(next(0x10fff0) % 0xd7ff) +
      line.slice(next(line.length + 1));
  if (next(2000) === 0) line = line.repeat(1 + next(400));
  return line;
}

test(`${LINES} hostile lines from a server are survived by every part that reads them`, () => {
  const next = chance(20_261_121);
  const assembler = new BatchAssembler({ ...DEFAULT_BATCH_LIMITS, maxLines: 500 });
  let tokens: IsupportTokens = NO_ISUPPORT;
  let isupport = readIsupport(tokens);
  let caps = NO_CAPS;
  let parts: readonly string[] = [];
  let parsed = 0;
  let messagesIn = 0;
  let messagesOut = 0;

  const read = (item: Assembled): void => {
    for (const message of messagesOf(item))
      messagesOut += message.kind === 'multiline' ? (message.line.params[1]?.split('\n').length ?? 0) : 1;
  };
  const readParts = (line: IrcLine): void => {
    const last = line.params.at(-1) ?? '';
    parseCtcp(last);
    stripFormatting(last);
    isNetsplitReason(last);
    parseTarget(line.params[0] ?? '', isupport);
    assert.notEqual(safeName(line.source?.nick ?? last, '?'), '');
    packModes(parseModes(line.params.slice(1), isupport).changes, isupport);
    refusalToError({ code: line.command, command: line.params[0] ?? '', target: line.params[1] ?? '', reason: last });
    for (const tag of line.tags.keys()) clientTagPasses(tag, isupport);
    const taken = takeChallenge(parts, last);
    parts = taken.ok ? taken.value.parts : [];
    if (line.command === '005' || parsed % 50 === 0) {
      tokens = applyIsupport(parsed % 500 === 0 ? NO_ISUPPORT : tokens, line.params);
      isupport = readIsupport(tokens);
    }
    const cap = parseCap(line.params);
    if (cap !== undefined) caps = applyCap(caps, cap);
    const again = encodeLine({ command: line.command, params: line.params, tags: line.tags });
    if (again.ok) assert.doesNotMatch(again.value, /[\r\n\0]/);
  };

  const readOne = (i: number): void => {
    const text = hostileLine(next);
    try {
      const line = parseLine(text);
      if (line === undefined) return;
      parsed++;
      assert.ok(
        line.tags.size <= MAX_TAGS && line.params.length <= MAX_PARAMS && /^(?:[A-Z]+|\d{3})$/.test(line.command),
      );
      readParts(line);
      if (line.command !== 'BATCH') messagesIn++;
      else if (!/^[+-]/.test(line.params[0] ?? '')) messagesIn++;
      for (const item of assembler.push(line, i)) read(item);
    } catch (error) {
      throw new Error(`line ${i}: ${JSON.stringify(text)}`, { cause: error });
    }
  };
  const half = (from: number): number =>
    processorMs(() => {
      for (let i = from; i < from + LINES / 2; i++) readOne(i);
    });
  const [first, second] = [half(0), half(LINES / 2)];
  for (const item of assembler.flush()) read(item);

  assert.ok(parsed > LINES / 4, `only ${parsed} were lines at all: the test would test nothing`);
  assert.equal(messagesOut, messagesIn);
  // What earlier lines left behind makes no later line dearer.
  assert.ok(second < 5 * Math.max(first, 200), `${first} ms for the first half, ${second} ms for the second`);
});
