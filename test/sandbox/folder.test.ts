import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { type Folder, takeFolder } from '../../src/sandbox/folder.ts';
import { parseRecord, recordOf } from '../../src/sandbox/process-record.ts';
import { startServer } from '../../src/sandbox/servers/server-process.ts';
import { makeTempDir } from '../servers/temp-dir.ts';

const taken = (path: string): Folder => {
  const folder = takeFolder(path);
  assert.ok(!('takenBy' in folder));
  return folder;
};

const sleeper = (dir: string) =>
  startServer({
    name: 'sleeper',
    command: 'sleep',
    args: ['60'],
    cwd: dir,
    logFile: join(dir, 'log'),
    isReady: async () => true,
  });

describe("a sandbox's folder", () => {
  test('belongs to one process at a time', () => {
    const dir = makeTempDir('folder');
    const folder = taken(dir);
    assert.deepEqual(takeFolder(dir), { takenBy: process.pid });
    folder.release();
    taken(dir).release();
  });

  test('is free when its holder was killed, even if the number is somebody else’s now', () => {
    const dir = makeTempDir('folder');
    writeFileSync(join(dir, 'lock.json'), JSON.stringify({ pid: process.pid, startedAt: 'long ago' }));
    taken(dir).release();
    writeFileSync(join(dir, 'lock.json'), '{"pid":');
    taken(dir).release();
  });

  test('remembers servers, and ends those that a killed sandbox left behind', async () => {
    const dir = makeTempDir('folder');
    const folder = taken(dir);
    const server = await sleeper(dir);
    folder.record('sleeper', server.pid);
    assert.deepEqual(await folder.clearLeftovers(), [{ name: 'sleeper', pid: server.pid }]);
    assert.equal(recordOf(server.pid), undefined);
    assert.deepEqual(readdirSync(join(dir, 'processes')), []);
    folder.release();
  });

  test('never ends a process that only has the same number', async () => {
    const dir = makeTempDir('folder');
    const folder = taken(dir);
    const server = await sleeper(dir);
    writeFileSync(join(dir, 'processes', 'dendrite.json'), JSON.stringify({ pid: server.pid, startedAt: '1' }));
    assert.deepEqual(await folder.clearLeftovers(), []);
    assert.equal(server.isRunning(), true);
    await server.kill9();
    folder.release();
  });

  test('loses on a reset what the sandbox put there, and nothing else', () => {
    const dir = makeTempDir('folder');
    const folder = taken(dir);
    mkdirSync(join(dir, 'dendrite'));
    for (const name of ['state.json', 'members.yaml', 'audit.jsonl.head']) writeFileSync(join(dir, name), '{}');
    writeFileSync(join(dir, 'letter.txt'), 'mine');
    folder.reset();
    assert.deepEqual(readdirSync(dir).sort(), ['letter.txt', 'lock.json', 'processes']);
    folder.release();
    assert.equal(existsSync(join(dir, 'lock.json')), false);
  });
});

describe('a record of a process', () => {
  test('is only read when it is whole', () => {
    assert.deepEqual(parseRecord('{"pid":4121,"startedAt":"77"}'), { pid: 4121, startedAt: '77' });
    const refused = [
      '',
      '{',
      'null',
      '{"pid":1,"startedAt":"7"}',
      '{"pid":-5,"startedAt":"7"}',
      '{"pid":"9","startedAt":"7"}',
      '{"pid":9}',
    ];
    assert.deepEqual(
      refused.map(parseRecord),
      refused.map(() => undefined),
    );
  });
});
