import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { makeTempDir } from '../servers/temp-dir.ts';

const run = promisify(execFile);

test('a program whose files the user may not write runs all the same', async () => {
  const folder = makeTempDir('bin');
  for (const below of ['bin', 'src', 'node_modules']) mkdirSync(join(folder, below));
  cpSync(join(import.meta.dirname, '../../bin/causeway.mjs'), join(folder, 'bin/causeway.mjs'));
  for (const lock of ['package-lock.json', 'node_modules/.package-lock.json'])
    writeFileSync(join(folder, lock), '{"packages": {}}');
  writeFileSync(join(folder, 'src/cli.ts'), 'console.log(process.argv.slice(2).join());');
  // Nobody can write here, not even root.
  symlinkSync(join(folder, 'nowhere/stamp'), join(folder, 'node_modules/.causeway-installed'));
  const { stdout, stderr } = await run(process.execPath, [join(folder, 'bin/causeway.mjs'), 'status', '--json']);
  assert.deepEqual([stdout, stderr], ['status,--json\n', '']);
});
