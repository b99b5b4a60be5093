import assert from 'node:assert/strict';
import { PassThrough, Writable } from 'node:stream';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type LogOptions, makeLog, type RootLog } from '../../src/log/winston-log.ts';

const AT = Date.UTC(2026, 0, 2, 3, 4, 5, 678);

/** A log into memory, and what it wrote, once it is closed. */
function logged(options: Partial<LogOptions>, use: (log: RootLog) => void): Promise<string> {
  const stream = Object.assign(new PassThrough(), { isTTY: options.stream?.isTTY === true });
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  const log = makeLog({ level: 'info', format: 'pretty', nowMs: () => AT, ...options, stream });
  use(log);
  return log.close().then(() => Buffer.concat(chunks).toString('utf8'));
}

describe('A log for people', () => {
  test('writes one line: time, level, message, fields', async () => {
    const text = await logged({}, (log) => {
      log.info('Linked.', { network: 'home', channel: '#commons', members: 3, new: true });
      log.with({ network: 'home' }).warn('Not there.', { why: 'no such "channel"', nothing: undefined });
    });
    assert.equal(
      text,
      '2026-01-02T03:04:05.678Z info  Linked. network=home channel=#commons members=3 new=true\n' +
        '2026-01-02T03:04:05.678Z warn  Not there. network=home why="no such \\"channel\\""\n',
    );
  });

  test('has colours and local time on a terminal only', async () => {
    const terminal = Object.assign(new PassThrough(), { isTTY: true });
    const text = await logged({ stream: terminal }, (log) => log.error('Oh.'));
    assert.match(text, /^\u001b\[2m\d\d:\d\d:05\.678\u001b\[0m \u001b\[31;1merror\u001b\[0m Oh\.\n$/);
  });

  test('leaves out what is below its level, and takes another level while running', async () => {
    const text = await logged({ format: 'json', level: 'warn' }, (log) => {
      log.info('one');
      log.setLevel('debug');
      log.debug('two');
      log.setLevel('error');
      log.warn('three');
    });
    assert.deepEqual(messages(text), ['two']);
  });

  test('shows a stack at level debug and not otherwise', async () => {
    const use = (log: RootLog): void => log.error('A bug.', { stack: 'Error: x\n    at y' });
    assert.equal(await logged({}, use), '2026-01-02T03:04:05.678Z error A bug.\n');
    assert.equal(
      await logged({ level: 'debug' }, use),
      '2026-01-02T03:04:05.678Z error A bug.\n    Error: x\n        at y\n',
    );
  });
});

describe('A log for collectors', () => {
  test('writes one JSON object per line', async () => {
    const text = await logged({ format: 'json' }, (log) => log.info('Linked.', { members: 3, level: 'x' }));
    assert.deepEqual(JSON.parse(text), {
      time: '2026-01-02T03:04:05.678Z',
      level: 'info',
      message: 'Linked.',
      members: 3,
      level_: 'x',
    });
  });
});

describe('What strangers write', () => {
  test('cannot begin a second record, move the cursor or turn the text around', async () => {
    const evil = 'x\n2026 error forged\r\u001b[2J\u009b\u202e\u2028\u0000';
    const pretty = await logged({}, (log) => log.info(`said ${evil}`, { nick: evil }));
    const escaped = 'x\\n2026 error forged\\r\\u001b[2J\\u009b\\u202e\\u2028\\u0000';
    assert.equal(pretty, `2026-01-02T03:04:05.678Z info  said ${escaped} nick="${escaped}"\n`);
    const json = await logged({ format: 'json' }, (log) => log.info(evil));
    assert.equal(JSON.parse(json).message, evil);
    assert.match(json, /^[\x20-\x7e]*\n$/);
  });

  test('stays within bounds', async () => {
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`f${i}`, 'y'.repeat(1e5)]));
    const text = await logged({ format: 'json' }, (log) => log.info('x'.repeat(1e6), many));
    const record = JSON.parse(text);
    assert.equal(record.message, `${'x'.repeat(2000)}…(+998000)`);
    assert.equal(record.f0, `${'y'.repeat(1000)}…(+99000)`);
    assert.equal(Object.keys(record).length, 43);
  });

  test('gives one parsable line each, whatever it is', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'binary' }),
        fc.dictionary(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' })),
        async (message, fields) => {
          const json = await logged({ format: 'json' }, (log) => log.info(message, fields));
          assert.equal(json.split(/[\r\n\u2028\u2029]/).length, 2);
          JSON.parse(json);
          const pretty = await logged({}, (log) => log.info(message, { ...fields, stack: 'no' }));
          assert.equal(pretty.split(/[\r\n\u2028\u2029]/).length, 2);
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe('Secrets', () => {
  const canaries = { as: 'as-CANARY-1/+=?', hs: 'hs"CANARY"2\\', password: 'pä55 CANARY 3' };

  test('are never written, in any form, anywhere in a record', async () => {
    for (const format of ['pretty', 'json'] as const) {
      const text = await logged({ format, level: 'debug', secrets: [canaries.as] }, (log) => {
        log.hide(canaries.hs);
        log.hide(canaries.password);
        for (const secret of Object.values(canaries)) {
          const plain = Buffer.from(`\0causeway\0${secret}`).toString('base64');
          const child = log.with({ url: `http://h/?access_token=${encodeURIComponent(secret)}&x=1` });
          child.error(`It said: ${secret}!`, { body: JSON.stringify({ a: [secret] }), line: `AUTHENTICATE ${plain}` });
          child.debug('x'.repeat(1990) + secret, { stack: `Error: ${secret}\n at x`, [secret]: 1 });
          for (const pad of ['', 'a', 'ab', 'abc'])
            log.info('Basic', { header: Buffer.from(`${pad}${secret}${pad}`).toString('base64url') });
        }
      });
      for (const secret of Object.values(canaries))
        for (const piece of [
          secret,
          encodeURIComponent(secret),
          secret.slice(3, -3),
          'CANARY',
          btoa('CANARY').slice(0, 7),
        ])
          assert.ok(!text.includes(piece), `${format} log holds ${piece}`);
      assert.ok(text.includes('It said: [hidden]!'));
    }
  });

  test('are known by the name of their field too', async () => {
    const text = await logged({ format: 'json' }, (log) => log.info('x', { access_token: 'unheard of', password: '' }));
    assert.deepEqual(
      { access_token: JSON.parse(text).access_token, password: JSON.parse(text).password },
      { access_token: '[hidden]', password: '' },
    );
  });

  test('that are very short do not take letters out of words', async () => {
    const text = await logged({ secrets: ['', 'abc'] }, (log) => log.info('abcd', { x: 'abc', y: 'abcd' }));
    assert.equal(text, '2026-01-02T03:04:05.678Z info  abcd x=[hidden] y=abcd\n');
  });
});

describe('An outage', () => {
  test('that repeats one warning for ever is summed up', async () => {
    let now = AT;
    const text = await logged({ format: 'json', nowMs: () => now }, (log) => {
      for (let i = 0; i < 1000; i++) log.warn('Not sent.', { try: i });
      log.warn('Something else.');
      now += 10_000;
      log.warn('Not sent.', { try: 1000 });
    });
    const records = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.equal(records.length, 23);
    assert.deepEqual(
      records.slice(19).map(({ message, try: attempt, repeatedMore }) => ({ message, attempt, repeatedMore })),
      [
        { message: 'Not sent.', attempt: 19, repeatedMore: undefined },
        { message: 'Something else.', attempt: undefined, repeatedMore: undefined },
        { message: 'Not sent.', attempt: undefined, repeatedMore: 980 },
        { message: 'Not sent.', attempt: 1000, repeatedMore: undefined },
      ],
    );
  });

  test('still counts what it does not sum up, and tells whom it was asked to', async () => {
    const levels: string[] = [];
    const text = await logged({ format: 'json', onRecord: (level) => levels.push(level) }, (log) => {
      for (let i = 0; i < 50; i++) log.info('A line.');
      log.error('Oh.');
    });
    assert.equal(messages(text).length, 51);
    assert.deepEqual(levels, [...Array(50).fill('info'), 'error']);
  });

  test('of the reader of the log harms nobody', async () => {
    const gone = new Writable({ write: (_chunk, _encoding, done) => done(new Error('EPIPE')) });
    const log = makeLog({ level: 'info', format: 'pretty', stream: gone });
    log.info('one');
    await new Promise((resolve) => setImmediate(resolve));
    log.info('two');
    assert.ok(gone.destroyed);
  });
});

const messages = (text: string): string[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line).message);
