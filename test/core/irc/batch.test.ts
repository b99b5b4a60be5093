import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { BatchAssembler, type BatchLimits, DEFAULT_BATCH_LIMITS } from '../../../src/core/irc/batch.ts';
import { type Assembled, messagesOf } from '../../../src/core/irc/batch-parts.ts';
import { type IrcLine, parseLine } from '../../../src/core/irc/line.ts';

function line(text: string): IrcLine {
  const parsed = parseLine(text);
  assert.ok(parsed !== undefined, `no IRC line: ${text}`);
  return parsed;
}

/** Short form of what came out: the text of a line with the batch around it, or a batch with what is in it. */
type Short = string | { readonly [batch: string]: readonly Short[] };

function short(item: Assembled): Short {
  const around = item.batch === undefined || item.kind === 'batch' ? '' : ` <${item.batch.type}>`;
  if (item.kind === 'line') return `${item.line.params.at(-1) ?? ''}${around}`;
  if (item.kind === 'multiline') return `${item.complete ? '' : 'part of '}${item.line.params.at(-1) ?? ''}${around}`;
  return { [`${item.batch.type}${item.complete ? '' : ' incomplete'}`]: item.items.map(short) };
}

const run = (texts: readonly string[], limits: Partial<BatchLimits> = {}): Short[] => {
  const assembler = new BatchAssembler({ ...DEFAULT_BATCH_LIMITS, ...limits });
  return texts.flatMap((text) => assembler.push(line(text), 0)).map(short);
};

const say = (ref: string, text: string, tags = ''): string => `@batch=${ref}${tags} :a!u@h PRIVMSG #c :${text}`;

describe('lines outside batches', () => {
  test('pass as they are', () => {
    const plain = line('@msgid=1 :a!u@h PRIVMSG #c :hi');
    assert.deepEqual(new BatchAssembler().push(plain, 0), [{ kind: 'line', line: plain, batch: undefined }]);
  });

  test('pass while batches are open', () => {
    assert.deepEqual(run(['BATCH +1 chathistory #c', say('1', 'old'), 'PRIVMSG #c :new', 'BATCH -1']), [
      'new',
      { chathistory: ['old <chathistory>'] },
    ]);
  });

  test('of an unknown batch pass too, as does what is no proper BATCH', () => {
    assert.deepEqual(run([say('9', 'lost?'), 'BATCH', 'BATCH 1 x', 'BATCH -9', 'BATCH +', 'BATCH -']), [
      'lost?',
      '',
      'x',
    ]);
  });
});

describe('a multiline message', () => {
  const opener =
    '@msgid=m1;account=alice;time=2026-01-01T00:00:00.000Z;label=L;+reply=p :a!u@h BATCH +1 draft/multiline #c';

  test("is one message with its opener's tags", () => {
    const assembler = new BatchAssembler();
    const out = [
      opener,
      say('1', 'one'),
      say('1', ''),
      say('1', 'two '),
      say('1', 'and more', ';draft/multiline-concat'),
      'BATCH -1',
    ].flatMap((text) => assembler.push(line(text), 0));
    assert.deepEqual(out, [
      {
        kind: 'multiline',
        line: {
          tags: new Map([
            ['msgid', 'm1'],
            ['account', 'alice'],
            ['time', '2026-01-01T00:00:00.000Z'],
            ['label', 'L'],
            ['+reply', 'p'],
          ]),
          source: { nick: 'a', user: 'u', host: 'h', raw: 'a!u@h' },
          command: 'PRIVMSG',
          params: ['#c', 'one\n\ntwo and more'],
        },
        lines: ['one', '', 'two and more'],
        batch: undefined,
        complete: true,
      },
    ]);
  });

  test('takes its sender from the first line where the opener has none', () => {
    const assembler = new BatchAssembler();
    const [item] = ['BATCH +1 draft/multiline #c', say('1', 'x', ';msgid=of-line'), 'BATCH -1'].flatMap((text) =>
      assembler.push(line(text), 0),
    );
    assert.equal(item?.kind === 'multiline' && item.line.source?.nick, 'a');
    assert.deepEqual(item?.kind === 'multiline' && [...item.line.tags], [['msgid', 'of-line']]);
  });

  test('without lines is nothing', () => assert.deepEqual(run([opener, 'BATCH -1']), []));

  test('keeps out what was said elsewhere, by others or otherwise', () => {
    assert.deepEqual(
      run([
        opener,
        say('1', 'one'),
        '@batch=1 :a!u@h PRIVMSG #other :elsewhere',
        '@batch=1 :b!u@h PRIVMSG #c :somebody else',
        '@batch=1 :a!u@h NOTICE #c :otherwise',
        '@batch=1 :irc.example 404 me #c :refused',
        '@batch=1 :a!u@h PRIVMSG #c',
        say('1', 'two'),
        'BATCH -1',
      ]),
      [
        'elsewhere <draft/multiline>',
        'somebody else <draft/multiline>',
        'otherwise <draft/multiline>',
        'refused <draft/multiline>',
        '#c <draft/multiline>',
        'one\ntwo',
      ],
    );
  });
});

describe('batches in batches', () => {
  const nested = [
    '@label=L BATCH +l labeled-response',
    '@batch=l BATCH +h chathistory #c',
    '@batch=h;msgid=1 :a!u@h PRIVMSG #c :one',
    '@batch=h;msgid=2 :a!u@h BATCH +m draft/multiline #c',
    say('m', 'two'),
    say('m', 'three'),
    '@batch=h BATCH -m',
    '@batch=h;msgid=4 :b!u@h PRIVMSG #c :four',
    '@batch=l BATCH -h',
    'BATCH -l',
  ];

  test('come out as one, in order', () => {
    assert.deepEqual(run(nested), [
      {
        'labeled-response': [{ chathistory: ['one <chathistory>', 'two\nthree <chathistory>', 'four <chathistory>'] }],
      },
    ]);
  });

  test('keep label and msgid where they belong', () => {
    const assembler = new BatchAssembler();
    const [whole] = nested.flatMap((text) => assembler.push(line(text), 0));
    assert.ok(whole?.kind === 'batch');
    assert.equal(whole.batch.tags.get('label'), 'L');
    assert.deepEqual(
      messagesOf(whole).map((item) => item.line.tags.get('msgid')),
      ['1', '2', '4'],
    );
    assert.equal(assembler.openBatches, 0);
  });

  test('end with the one around them', () => {
    assert.deepEqual(run([...nested.slice(0, 6), 'BATCH -l', 'BATCH -h', 'BATCH -m']), [
      { 'labeled-response': [{ 'chathistory incomplete': ['one <chathistory>', 'part of two\nthree <chathistory>'] }] },
    ]);
  });

  test('interleave', () => {
    assert.deepEqual(
      run([
        'BATCH +1 chathistory #a',
        'BATCH +2 chathistory #b',
        say('2', 'b'),
        say('1', 'a'),
        'BATCH -1',
        say('2', 'b2'),
        'BATCH -2',
      ]),
      [{ chathistory: ['a <chathistory>'] }, { chathistory: ['b <chathistory>', 'b2 <chathistory>'] }],
    );
  });

  test('that contain themselves are no trouble', () => {
    assert.deepEqual(run(['@batch=1 BATCH +1 chathistory #c', say('1', 'x'), '@batch=1 BATCH -1']), [
      { chathistory: ['x <chathistory>'] },
    ]);
  });
});

test('a netsplit streams, each line knowing of it', () => {
  assert.deepEqual(
    run(['BATCH +n netsplit a.example b.example', '@batch=n :x!u@h QUIT :a.example b.example', 'BATCH -n']),
    ['a.example b.example <netsplit>'],
  );
  assert.deepEqual(
    run([
      'BATCH +l labeled-response',
      '@batch=l BATCH +n netsplit a b',
      '@batch=n :x!u@h QUIT :gone',
      '@batch=l BATCH -n',
      'BATCH -l',
    ]),
    [{ 'labeled-response': ['gone <netsplit>'] }],
  );
});

describe('no message is lost', () => {
  test('when a batch is opened again', () => {
    assert.deepEqual(
      run(['BATCH +1 chathistory #c', say('1', 'one'), 'BATCH +1 chathistory #c', say('1', 'two'), 'BATCH -1']),
      [{ 'chathistory incomplete': ['one <chathistory>'] }, { chathistory: ['two <chathistory>'] }],
    );
  });

  test('when too many are open: the oldest gives way', () => {
    assert.deepEqual(
      run(
        [
          'BATCH +1 chathistory #a',
          say('1', 'a'),
          'BATCH +2 chathistory #b',
          'BATCH +3 chathistory #c',
          say('1', 'late'),
          say('3', 'c'),
          'BATCH -3',
        ],
        { maxOpen: 2 },
      ),
      [{ 'chathistory incomplete': ['a <chathistory>'] }, 'late', { chathistory: ['c <chathistory>'] }],
    );
  });

  test('when they are too deep: the one around takes it', () => {
    assert.deepEqual(
      run(
        [
          'BATCH +1 chathistory #a',
          '@batch=1 BATCH +2 chathistory #b',
          '@batch=2 BATCH +3 chathistory #c',
          say('3', 'deep'),
          'BATCH -1',
        ],
        { maxDepth: 2 },
      ),
      [{ chathistory: [{ 'chathistory incomplete': ['deep <chathistory>'] }] }],
    );
  });

  test('when one is too long: it comes out so far, and the rest line by line', () => {
    const long = [
      'BATCH +h chathistory #c',
      '@batch=h BATCH +m draft/multiline #c',
      say('m', '1'),
      say('m', '2'),
      say('m', '3'),
      say('h', '4'),
      'BATCH -m',
      'BATCH -h',
    ];
    const out: Short[] = [{ 'chathistory incomplete': ['part of 1\n2\n3 <chathistory>'] }, '4 <chathistory>'];
    assert.deepEqual(run(long, { maxLines: 2 }), out);
    assert.deepEqual(
      run(['BATCH +h chathistory #c', say('h', 'x'.repeat(100)), say('h', 'y'), 'BATCH -h'], { maxChars: 50 }),
      [{ 'chathistory incomplete': [`${'x'.repeat(100)} <chathistory>`] }, 'y <chathistory>'],
    );
  });

  test('when a multiline message is too long: the rest has its sender, and no msgid to be taken for a repetition', () => {
    const assembler = new BatchAssembler({ ...DEFAULT_BATCH_LIMITS, maxLines: 1 });
    const texts = [
      '@msgid=1;account=alice BATCH +m draft/multiline #c',
      say('m', '1'),
      say('m', '2'),
      say('m', '3'),
      'BATCH -m',
    ];
    const out = texts.flatMap((text) => assembler.push(line(text), 0)).flatMap(messagesOf);
    assert.deepEqual(
      out.map((item) => [item.line.params[1], Object.fromEntries(item.line.tags)]),
      [
        ['1\n2', { msgid: '1', account: 'alice' }],
        ['3', { account: 'alice' }],
      ],
    );
  });

  test('when one is never closed: silence ends it', () => {
    const assembler = new BatchAssembler({ ...DEFAULT_BATCH_LIMITS, maxSilentMs: 1000 });
    assembler.push(line('BATCH +1 chathistory #c'), 0);
    assembler.push(line(say('1', 'one')), 900);
    assert.deepEqual(assembler.expire(1900), []);
    assert.deepEqual(assembler.push(line('PING'), 1901).map(short), [
      { 'chathistory incomplete': ['one <chathistory>'] },
      '',
    ]);
    assert.deepEqual(assembler.push(line(say('1', 'late')), 1902).map(short), ['late <chathistory>']);
    assert.deepEqual(assembler.push(line('BATCH -1'), 1903), []);
    assert.equal(assembler.openBatches, 0);
  });

  test('when the connection ends', () => {
    const assembler = new BatchAssembler();
    for (const text of [
      'BATCH +1 chathistory #c',
      '@batch=1 BATCH +2 draft/multiline #c',
      say('2', 'one'),
      'BATCH +3 netsplit a b',
    ])
      assembler.push(line(text), 0);
    assert.deepEqual(assembler.flush().map(short), [{ 'chathistory incomplete': ['part of one <chathistory>'] }]);
    assert.equal(assembler.openBatches, 0);
  });

  test('whatever is opened, closed and said in whatever order', () => {
    let seed = 7;
    const next = (below: number): number => {
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
      return Math.floor((seed / 2 ** 31) * below);
    };
    const types = ['chathistory', 'draft/multiline', 'labeled-response', 'netsplit', 'x'];
    for (let round = 0; round < 300; round++) {
      const assembler = new BatchAssembler({
        maxOpen: 4,
        maxDepth: 3,
        maxLines: 1 + next(20),
        maxChars: 1 + next(500),
        maxSilentMs: 5,
      });
      const said: string[] = [];
      const out: Assembled[] = [];
      for (let step = 0, nowMs = 0; step < 60; step++, nowMs += next(4)) {
        const around = next(2) === 0 ? '' : `@batch=${next(6)} `;
        const kind = next(4);
        if (kind === 0) out.push(...assembler.push(line(`${around}BATCH +${next(6)} ${types[next(5)]} #c`), nowMs));
        else if (kind === 1) out.push(...assembler.push(line(`${around}BATCH -${next(6)}`), nowMs));
        else {
          said.push(`${round}-${step}`);
          out.push(...assembler.push(line(`${around}:a!u@h PRIVMSG #c :${round}-${step}`), nowMs));
        }
      }
      out.push(...assembler.flush());
      const heard = out
        .flatMap(messagesOf)
        .flatMap((item) => (item.kind === 'multiline' ? item.lines : [item.line.params.at(-1) ?? '']));
      assert.deepEqual([...heard].sort(), [...said].sort());
    }
  });
});
