import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, readFileSync, renameSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, type TestContext, test } from 'node:test';
import { type AuditOptions, openAuditLog } from '../../src/audit/audit-file.ts';
import { verifyLog } from '../../src/audit/read-log.ts';
import type { Audit } from '../../src/ports/audit.ts';
import { realClock, recordingLog, until } from '../db/kit.ts';
import { ManualClock } from '../fakes/manual-clock.ts';
import { makeTempDir } from '../servers/temp-dir.ts';
import { entry } from './entry.ts';

const newPath = (): string => join(makeTempDir('audit'), 'data', 'audit.jsonl');

async function opened(t: TestContext, options: Partial<AuditOptions> & { path: string }): Promise<Audit> {
  const result = await openAuditLog({ clock: realClock, log: recordingLog(), retryMs: 10, ...options });
  assert.ok(result.ok, result.ok ? '' : result.error.text);
  t.after(() => result.value.close());
  return result.value;
}

type Line = Record<string, unknown>;
const linesOf = (path: string): Line[] =>
  readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line): Line => JSON.parse(line));

/** What a verification says, in one value. */
async function verified(path: string): Promise<unknown> {
  const { verdict } = await verifyLog(path);
  return verdict.ok ? { entries: verdict.state.entries, checkpoints: verdict.state.checkpoints } : verdict;
}

describe('The audit log', () => {
  test('is on disk when a write is answered, for its owner alone, and goes on after a stop', async (t) => {
    const path = newPath();
    const clock = new ManualClock();
    const ts = new Date(clock.nowMs()).toISOString();
    const audit = await opened(t, { path, clock });
    assert.equal(await audit.write([entry(), entry({ phase: 'denied' })]), true);
    const [key, first, second] = linesOf(path);
    assert.deepEqual([key?.kind, key?.algorithm, key?.seq], ['key', 'Ed25519', 1]);
    const { hash, ...rest } = first ?? {};
    assert.deepEqual(rest, { ...entry(), kind: 'entry', seq: 2, ts, prevHash: key?.hash });
    assert.deepEqual([second?.phase, second?.prevHash], ['denied', hash]);
    for (const end of ['', '.key', '.head']) assert.equal(statSync(path + end).mode & 0o777, 0o600, end);
    assert.equal(statSync(dirname(path)).mode & 0o777, 0o700);
    await audit.close();
    assert.equal(await audit.write([entry()]), false);

    const again = await opened(t, { path });
    await again.write([entry()]);
    assert.deepEqual(await verified(path), { entries: 3, checkpoints: 1 });
    await again.close();
    assert.deepEqual(await verified(path), { entries: 3, checkpoints: 2 });
    assert.equal(linesOf(path).at(-1)?.seq, linesOf(path).length);
  });

  test('keeps the order of writes, many in one flush, and signs every so often', async (t) => {
    const path = newPath();
    const audit = await opened(t, { path, checkpointEvery: 100 });
    const answers = await Promise.all(
      Array.from({ length: 3000 }, (_, n) => audit.write([entry({ cause: `change ${n}` })])),
    );
    assert.ok(answers.every(Boolean));
    const causes = linesOf(path).flatMap(({ kind, cause }) => (kind === 'entry' ? [cause] : []));
    assert.deepEqual(
      causes,
      answers.map((_, n) => `change ${n}`),
    );
    await audit.close();
    const { verdict } = await verifyLog(path);
    assert.ok(verdict.ok && verdict.state.checkpoints >= 6 && verdict.state.signedSeq === verdict.count - 1);
  });

  test('bounds what strangers wrote, and shows nothing that moves a terminal', async (t) => {
    const path = newPath();
    const audit = await opened(t, { path });
    const evil = `\u001b]0;x\u0007\r\n{"kind":"key"}\u202e\u0000\ud800${'🪴'.repeat(5000)}`;
    const odd = { ...entry({ why: evil, subject: evil, actor: evil, revision: Number.NaN }), body: 'secret' };
    assert.equal(await audit.write([odd]), true);
    const text = readFileSync(path, 'utf8');
    assert.ok(text.length < 20_000);
    assert.doesNotMatch(text.replaceAll('\n', ''), /[\p{Cc}\u202e]|secret/u);
    assert.equal(linesOf(path)[1]?.revision, null);
    assert.deepEqual(await verified(path), { entries: 1, checkpoints: 0 });
  });

  test('invariant 8: after kill -9 every acknowledged entry is there, a torn line is removed, and it says so', async (t) => {
    const path = newPath();
    for (let round = 0; round < 3; round++) {
      const child = spawn(process.execPath, [join(import.meta.dirname, 'audit-child.ts'), path]);
      t.after(() => child.kill('SIGKILL'));
      const lines = createInterface(child.stdout);
      let acknowledged = 0;
      for await (const line of lines) {
        acknowledged = Number(line) || 0;
        if (acknowledged >= 25 + round * 7) child.kill('SIGKILL');
      }
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      const kept = linesOf(path).filter(({ revision }) => Number(revision) <= acknowledged && revision !== null);
      assert.ok(kept.length >= 3 * acknowledged, `${kept.length} of ${3 * acknowledged}`);
      appendFileSync(path, '{"kind":"entry","seq":'.slice(0, 5 + round * 8));
      const audit = await opened(t, { path });
      await audit.write([entry({ cause: 'after' })]);
      await audit.close();
      const [repair, after] = linesOf(path).slice(-3);
      assert.deepEqual(
        [repair?.phase, repair?.actor, repair?.action, after?.cause],
        ['note', 'audit', 'repair', 'after'],
      );
      assert.match(String(repair?.why), /^\d+ bytes after the record before this one were being written when/);
      assert.equal((await verifyLog(path)).verdict.ok, true);
    }
  });

  test('wherever a stop cut the last batch off, and whatever the disk made of it, what was acknowledged is whole', async (t) => {
    const path = newPath();
    const audit = await opened(t, { path });
    await audit.write([entry({ cause: 'acknowledged' })]);
    const [head, before] = [readFileSync(`${path}.head`), statSync(path).size];
    await audit.write(Array.from({ length: 5 }, () => entry({ why: '🪴 half' })));
    const text = readFileSync(path);
    await audit.close();
    for (let cut = before; cut < text.length; cut += 61)
      for (const rest of ['', '\0'.repeat(300), '\n\n', '\ud83e']) {
        writeFileSync(`${path}.head`, head);
        writeFileSync(path, Buffer.concat([text.subarray(0, cut), Buffer.from(rest)]));
        const again = await opened(t, { path });
        assert.equal(await again.write([entry({ cause: 'after' })]), true);
        await again.close();
        const causes = linesOf(path).map(({ cause }) => cause);
        assert.deepEqual([causes[1], causes.at(-2)], ['acknowledged', 'after']);
        const { verdict } = await verifyLog(path);
        assert.ok(verdict.ok, JSON.stringify({ cut, rest, verdict }));
      }
  });

  test('a line that lacks nothing but its line break is kept', async (t) => {
    const path = newPath();
    const audit = await opened(t, { path });
    await audit.write([entry()]);
    await audit.write([entry()]);
    await audit.close();
    truncateSync(path, statSync(path).size - 1);
    const again = await opened(t, { path });
    await again.write([entry()]);
    await again.close();
    assert.deepEqual(await verified(path), { entries: 3, checkpoints: 2 });
  });

  const TAMPERED: readonly [what: string, how: (path: string) => void, why: RegExp][] = [
    [
      'the end was cut off',
      (path) => writeFileSync(path, `${readFileSync(path, 'utf8').split('\n').slice(0, 3).join('\n')}\n`),
      /^the log went to record 5 and now ends with 3: its end was cut off\.$/,
    ],
    ['the log was deleted', (path) => rmSync(path), /^a log with 5 records had been here, and it is gone\.$/],
    ['the log was emptied', (path) => truncateSync(path), /^a log with 5 records had been here, and it is gone\.$/],
    [
      'the last record was changed',
      (path) => writeFileSync(path, readFileSync(path, 'utf8').replace(/signature":"../, 'signature":"XX')),
      /its end was cut off\.$/,
    ],
    ['the head was deleted', (path) => rmSync(`${path}.head`), /^the head file beside the log is gone\.$/],
    [
      'the head was changed',
      (path) => writeFileSync(`${path}.head`, readFileSync(`${path}.head`, 'utf8').replace('"seq":5', '"seq":2')),
      /^the head file beside the log was changed\.$/,
    ],
    ['the key was lost', (path) => rmSync(`${path}.key`), /^the key file beside the log is another than before\.$/],
  ];
  for (const [what, how, why] of TAMPERED)
    test(`says for ever that ${what} while no bridge ran, goes on, and keeps what is there`, async (t) => {
      const path = newPath();
      const before = await opened(t, { path });
      await before.write([entry(), entry(), entry()]);
      await before.close();
      how(path);
      const text = statSync(path, { throwIfNoEntry: false }) === undefined ? '' : readFileSync(path, 'utf8');
      const log = recordingLog();
      const audit = await opened(t, { path, log });
      assert.equal(await audit.write([entry()]), true);
      await audit.close();
      assert.ok(readFileSync(path, 'utf8').startsWith(text));
      const broken = linesOf(path).filter(({ kind }) => kind === 'break');
      assert.equal(broken.length, 1);
      assert.match(String(broken[0]?.why), why);
      assert.equal((await verifyLog(path)).verdict.ok, false);
      assert.deepEqual(log.lines, [
        'error: The audit log is not as it was left; from here on it goes on, and it does not verify before.',
      ]);
    });

  test('closing writes what was handed in before it, also soon after a disk had hung', async (t) => {
    const path = newPath();
    const clock = new ManualClock();
    const audit = await opened(t, { path, clock });
    const first = audit.write([entry({ cause: 'one' })]);
    clock.advance(2000);
    assert.equal(await first, false);
    clock.advance(10);
    await until('it can be written', () => {
      clock.advance(10);
      return audit.problem === undefined;
    });
    const answers = Array.from({ length: 40 }, (_, n) => audit.write([entry({ cause: `change ${n}` })]));
    await audit.close();
    assert.ok((await Promise.all(answers)).every(Boolean));
    assert.deepEqual(await verified(path), { entries: 42, checkpoints: 1 });
  });

  test('a file that is no log is refused and left alone', async () => {
    const path = join(makeTempDir('audit'), 'notes.txt');
    for (const text of ['my notes\n', '{"a":1}\n', 'x'.repeat(6_000_000)]) {
      writeFileSync(path, text);
      const result = await openAuditLog({ path, clock: realClock, log: recordingLog() });
      assert.ok(!result.ok);
      assert.match(result.error.text, /notes\.txt is no audit log of Causeway/);
      assert.equal(readFileSync(path, 'utf8'), text);
    }
    const folder = await openAuditLog({ path: dirname(path), clock: realClock, log: recordingLog() });
    assert.ok(!folder.ok && folder.error.text.endsWith('is no file.'));
  });
});

describe('An audit log that cannot be written', () => {
  test('stops answering yes, and tells later what was done to people, at the time it was done', async (t) => {
    const path = newPath();
    const folder = dirname(path);
    const clock = new ManualClock();
    const log = recordingLog();
    const audit = await opened(t, { path, clock, log, retryMs: 1000 });
    await audit.write([entry()]);
    renameSync(folder, `${folder}.away`);
    writeFileSync(folder, 'in the way');
    assert.equal(await audit.write([entry({ cause: 'one' })]), false);
    assert.match(
      audit.problem ?? '',
      /was moved away or deleted while the bridge writes it\.$|part of its path is a file/,
    );
    clock.advance(100);
    const ts = new Date(clock.nowMs()).toISOString();
    for (let tries = 0; tries < 5; tries++)
      assert.equal(await audit.write([entry({ cause: 'two', phase: 'intent' })]), false);
    assert.equal(await audit.write([entry({ action: 'invite', phase: 'intent' }), entry({ phase: 'denied' })]), false);
    assert.equal(await audit.write([]), false);
    await until('it was tried again', () => {
      clock.advance(1000);
      return audit.problem?.includes('a part of its path is a file') === true;
    });
    rmSync(folder);
    renameSync(`${folder}.away`, folder);
    await until('it can be written', () => {
      clock.advance(1000);
      return audit.problem === undefined;
    });
    assert.equal(await audit.write([entry({ cause: 'three' })]), true);
    const told = linesOf(path).map(({ kind, phase, action, cause }) => [kind, phase, action, cause]);
    assert.deepEqual(told, [
      ['key', undefined, undefined, undefined],
      ['entry', 'outcome', 'kick', 'change 7'],
      ['entry', 'note', 'outage', ''],
      ['entry', 'outcome', 'kick', 'one'],
      ['entry', 'intent', 'kick', 'two'],
      ['entry', 'outcome', 'kick', 'three'],
    ]);
    assert.equal(linesOf(path)[4]?.ts, ts);
    assert.match(
      String(linesOf(path)[2]?.why),
      / 2 entries of that time follow; 2 refusals and intents to let somebody in/,
    );
    assert.deepEqual(await verified(path), { entries: 5, checkpoints: 0 });
    assert.equal(log.lines.at(-1), 'info: The audit log can be written again.');
  });

  test('does not make anybody wait for a disk that hangs, and writes once what it still had', async (t) => {
    const path = newPath();
    const clock = new ManualClock();
    const audit = await opened(t, { path, clock, patienceMs: 2000, retryMs: 1000 });
    const answer = audit.write([entry({ cause: 'one' })]);
    clock.advance(2000);
    assert.equal(await answer, false);
    assert.match(audit.problem ?? '', /does not keep up: its disk hardly answers\.$/);
    assert.equal(await audit.write([entry({ cause: 'two' })]), false);
    await until('it can be written', () => {
      clock.advance(1000);
      return audit.problem === undefined;
    });
    assert.deepEqual(
      linesOf(path).map(({ cause }) => cause),
      [undefined, 'one', '', 'two'],
    );
    assert.equal((await verifyLog(path)).verdict.ok, true);
  });

  test('keeps a bounded number of entries for later', async (t) => {
    const path = newPath();
    const audit = await opened(t, { path, retryMs: 50 });
    const folder = dirname(path);
    renameSync(folder, `${folder}.away`);
    writeFileSync(folder, '');
    for (let n = 0; n < 10_050; n++) await audit.write([entry({ cause: `change ${n}` })]);
    rmSync(folder);
    renameSync(`${folder}.away`, folder);
    await until('it can be written', () => audit.problem === undefined);
    const notes = linesOf(path).filter(({ phase }) => phase === 'note');
    assert.match(String(notes[0]?.why), / 10000 entries of that time follow; 50 /);
    assert.deepEqual(await verified(path), { entries: 10_001, checkpoints: 1 });
  });

  test('notices that another program writes the same file, and says no until it was looked at', async (t) => {
    const path = newPath();
    const audit = await opened(t, { path });
    await audit.write([entry()]);
    appendFileSync(path, 'a line by hand\n');
    assert.equal(await audit.write([entry({ cause: 'two' })]), false);
    await until('it goes on', () => audit.problem === undefined);
    const causes = linesOf(path).map(({ action, cause }) => [action, cause]);
    assert.deepEqual(causes.slice(2), [
      ['repair', ''],
      ['outage', ''],
      ['kick', 'two'],
    ]);
    assert.equal((await verifyLog(path)).verdict.ok, true);
  });

  test('on a full disk: refuses, leaves nothing by half, and goes on when there is room', (t) => {
    const dir = makeTempDir('audit-full');
    const problem = `The audit log ${join(dir, 'audit.jsonl')} cannot be written: its disk is full: free some space. It goes on by itself when that is put right.`;
    const facts = onOwnDisk(dir, 'full-disk-child.ts');
    if (facts === undefined) return t.diagnostic(NO_MOUNT);
    assert.deepEqual(facts, {
      first: true,
      refused: true,
      problem,
      after: true,
      entries: 43,
      log: [`error: ${problem}`, 'info: The audit log can be written again.'],
    });
  });

  test('on a read-only disk: is opened all the same, and begins when the disk lets it', (t) => {
    const dir = makeTempDir('audit-read-only');
    const problem = `The audit log ${join(dir, 'data', 'audit.jsonl')} cannot be written: its disk is read-only: mount it for writing. It goes on by itself when that is put right.`;
    const facts = onOwnDisk(dir, 'read-only-child.ts');
    if (facts === undefined) return t.diagnostic(NO_MOUNT);
    assert.deepEqual(facts, { remounted: [0, 0], problem, first: false, entries: 2 });
  });
});

const NO_MOUNT = 'this user may not mount: the folder that is in the way in the tests before stood in for the disk';

/** What a program prints that has a file system of 1 MiB of its own at `dir`; undefined where this user may not mount. */
function onOwnDisk(dir: string, program: string): unknown {
  const mount = 'mount -t tmpfs -o size=1m none "$1" || exit 99; exec "$2" "$3" "$1"';
  const child = join(import.meta.dirname, program);
  for (const flags of ['-m', '-rm']) {
    const run = spawnSync('unshare', [flags, 'sh', '-c', mount, 'sh', dir, process.execPath, child], {
      encoding: 'utf8',
      timeout: 30_000,
    });
    if (run.error !== undefined || run.status === 99 || /unshare/.test(run.stderr)) continue;
    return JSON.parse(run.stdout || JSON.stringify(run.stderr));
  }
  return undefined;
}
