import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { openAuditLog } from '../../src/audit/audit-file.ts';
import { runAudit } from '../../src/cli/audit.ts';
import type { AuditEntry } from '../../src/ports/audit.ts';
import { entry } from '../audit/entry.ts';
import { realClock, recordingLog } from '../db/kit.ts';
import { ManualClock } from '../fakes/manual-clock.ts';
import { makeTempDir } from '../servers/temp-dir.ts';

const ANN = 'https://id.test ann-7';
const BOB = 'https://id.test bob-3';

const ENTRIES: readonly AuditEntry[] = [
  entry({ subject: ANN, phase: 'intent', why: 'ann-7 is suspended since revision 7.' }),
  entry({ subject: BOB, why: 'bob-3 is suspended.' }),
  entry({
    subject: ANN,
    actor: '@bob:willow.test',
    actorRole: 'coordinator',
    action: 'invite',
    cause: 'request of @ann:willow.test, approved by @bob:willow.test',
    why: 'bob-3 (https://id.test bob-3, @bob:willow.test) approved what @ann:willow.test asked; @carol:x.test saw it.',
  }),
  entry({ subject: '@ann:willow.test', actor: '@ann:willow.test', action: 'link', why: 'Proven by a code.' }),
  entry({
    subject: 'mxid  @ann:willow.test',
    actor: '@dave:willow.test',
    phase: 'denied',
    why: 'She is no member: dave.',
  }),
  entry({ subject: '', phase: 'held', why: 'It would remove ann-7 and bob-3.' }),
  entry({ subject: 'irc-account home ann-7', action: 'irc.kick', why: 'Nobody’s account.' }),
  entry({ subject: '@dave:willow.test', phase: 'denied' }),
];

/** A log with the entries above, in a folder with a configuration. */
async function written(): Promise<{ folder: string; path: string }> {
  const folder = makeTempDir('audit-cli');
  mkdirSync(join(folder, 'data'));
  writeFileSync(join(folder, 'config.yaml'), 'authority: {source: nonsense, audit: ./data/log.jsonl}\nhttp: 7\n');
  const path = join(folder, 'data', 'log.jsonl');
  const opened = await openAuditLog({ path, clock: new ManualClock(), log: recordingLog() });
  assert.ok(opened.ok);
  await opened.value.write(ENTRIES);
  await opened.value.close();
  return { folder, path };
}

/** The command, run to its end. */
async function ran(folder: string, ...argv: string[]): Promise<{ code: number; printed: string; complained: string }> {
  let printed = '';
  let complained = '';
  const code = await runAudit(argv, {
    folder,
    print: (text) => {
      printed += text;
    },
    complain: (text) => {
      complained += text;
    },
  });
  return { code, printed: printed.replaceAll(folder, 'HERE'), complained: complained.replaceAll(folder, 'HERE') };
}

describe('causeway audit verify', () => {
  test('finds the log by a configuration that is wrong otherwise, and says what it holds', async () => {
    const { folder } = await written();
    const { code, printed } = await ran(folder, 'verify');
    assert.match(
      printed,
      /^HERE\/data\/log\.jsonl is whole: 10 records \(8 entries\), 2025-11-21T04:40:00\.000Z to 2025-11-21T04:40:00\.000Z\.\n1 checkpoints, signed to record 9 \(1 newer\); the head is signed\.\nKey [0-9a-f]{32}\n$/,
    );
    assert.equal(code, 0);
    const key = /Key (\w+)/.exec(printed)?.[1] ?? '';
    assert.equal((await ran(folder, 'verify', '--key', key)).code, 0);
    const other = await ran(folder, 'verify', '--key', 'abc');
    assert.equal(other.code, 1);
    assert.match(other.printed, /was made with another key: [0-9a-f]{32}\. All of it may have been made anew/);
  });

  test('invariant 40: names the line that was changed, and says when the end or the head is missing', async () => {
    const { folder, path } = await written();
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, text.replace('bob-3 is suspended', 'bob-3 is Suspended'));
    assert.deepEqual(await ran(folder, 'verify', '--file', path), {
      code: 1,
      printed:
        'HERE/data/log.jsonl is not what was written.\nLine 3 was changed after it had been written: it does not fit its own hash.\n',
      complained: '',
    });
    writeFileSync(path, `${text.split('\n').slice(0, 4).join('\n')}\n`);
    assert.match(
      (await ran(folder, 'verify')).printed,
      /Line 5 is missing: the log goes to record 10, and its end was cut off/,
    );
    writeFileSync(path, text);
    rmSync(`${path}.head`);
    assert.equal((await ran(folder, 'verify')).code, 1);
  });

  test('does not mind a line that is being written', async () => {
    const { folder, path } = await written();
    appendFileSync(path, '{"act');
    const { code, printed } = await ran(folder, 'verify');
    assert.equal(code, 0);
    assert.match(
      printed,
      /\nThe last 5 bytes are a line that is not finished: it is being written, or the bridge was killed\./,
    );
  });

  test('verifies the log of a bridge that is writing', async () => {
    const { folder, path } = await written();
    const opened = await openAuditLog({ path, clock: realClock, log: recordingLog() });
    assert.ok(opened.ok);
    let over = false;
    const writing = (async () => {
      while (!over) await opened.value.write([entry(), entry()]);
    })();
    for (let round = 0; round < 10; round++) assert.equal((await ran(folder, 'verify')).code, 0);
    over = true;
    await writing;
    await opened.value.close();
  });

  test('does not take another log for that of a configuration that is not YAML', async () => {
    const { folder } = await written();
    writeFileSync(join(folder, 'config.yaml'), 'authority:\n\taudit: elsewhere.jsonl\n');
    const { code, complained } = await ran(folder, 'verify');
    assert.deepEqual(
      [code, complained],
      [
        2,
        'config.yaml is not YAML; `causeway check` says where. Name the right one with --config, or the log itself with --file.\n',
      ],
    );
  });

  test('ends with 2 where there is nothing to read', async () => {
    const folder = makeTempDir('audit-cli');
    const said = async (...argv: string[]): Promise<unknown> => {
      const { code, complained } = await ran(folder, ...argv);
      return [code, complained];
    };
    assert.deepEqual(
      [
        await said('verify'),
        await said('verify', '--config', 'x.yaml'),
        await said('verify', '--file', join(folder, 'no.jsonl')),
        await said('verify', '--file', folder),
        await said('verfiy'),
        await said('verify', 'twice'),
        await said('export', '--file', import.meta.filename),
      ],
      [
        [2, 'There is no config.yaml here. Name the right one with --config, or the log itself with --file.\n'],
        [
          2,
          'The configuration x.yaml is not there. Name the right one with --config, or the log itself with --file.\n',
        ],
        [2, 'There is no audit log at HERE/no.jsonl.\n'],
        [2, 'HERE is no file.\n'],
        [2, 'Say `causeway audit verify` or `causeway audit export`.\n'],
        [2, 'Say `causeway audit verify|export`; there are more words than that.\n'],
        [2, 'Say whose records with --subject.\n'],
      ],
    );
  });
});

describe('causeway audit export', () => {
  test('invariant 40: gives what concerns a member, and nothing of anybody else', async () => {
    const { folder } = await written();
    const { code, printed } = await ran(folder, 'export', '--subject', ANN, '--subject', '@ann:willow.test');
    const lines = printed
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.deepEqual(
      lines.map(({ seq, actor, cause, why }) => [seq, actor, cause, why]),
      [
        [2, 'authority', 'change 7', 'ann-7 is suspended since revision 7.'],
        [
          4,
          'a coordinator',
          'request of @ann:willow.test, approved by somebody',
          'somebody (somebody, somebody) approved what @ann:willow.test asked; somebody saw it.',
        ],
        [5, '@ann:willow.test', 'change 7', 'Proven by a code.'],
        [6, 'somebody', 'change 7', 'She is no member: somebody.'],
      ],
    );
    assert.deepEqual(Object.keys(lines[0] ?? {}), [
      'action',
      'actor',
      'cause',
      'phase',
      'resource',
      'result',
      'revision',
      'seq',
      'subject',
      'ts',
      'why',
    ]);
    assert.doesNotMatch(printed, /bob|carol|dave|hash/i);
    assert.equal(code, 0);
  });

  test('says when there is nothing, and whom somebody may have meant', async () => {
    const { folder } = await written();
    assert.deepEqual(await ran(folder, 'export', '--subject', 'ann-7'), {
      code: 1,
      printed: '',
      complained: 'The log has no record of ann-7. Did you mean "https://id.test ann-7"?\n',
    });
    assert.deepEqual(await ran(folder, 'export', '--subject', 'nobody'), {
      code: 1,
      printed: '',
      complained: 'The log has no record of nobody.\n',
    });
  });

  test('exports also from a log that was changed, and says so', async () => {
    const { folder, path } = await written();
    writeFileSync(path, readFileSync(path, 'utf8').replace('{', 'x{'));
    const { code, printed, complained } = await ran(folder, 'export', '--subject', BOB);
    assert.equal(printed.split('\n').length, 2);
    assert.deepEqual(
      [code, complained],
      [1, 'The log is not what was written: line 1 is no record of an audit log: it was changed or is damaged.\n'],
    );
  });
});
