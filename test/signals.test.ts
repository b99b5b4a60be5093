import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';

const PROGRAM = `
import { heedSignals, holdHangups } from '${new URL('../src/signals.ts', import.meta.url)}';
const hangups = holdHangups();
if (process.argv[1] === 'early') process.kill(process.pid, 'SIGHUP');
setTimeout(() => {
  let reloads = 0;
  const reload = () => reloads++;
  heedSignals({ clock: { nowMs: () => 0 }, log: {}, stop: () => {}, reload, hangups });
  if (process.argv[1] === 'late') process.kill(process.pid, 'SIGHUP');
  setTimeout(() => process.exit(reloads), 50);
}, 50);
`;

const reloads = (when: string): number | null =>
  spawnSync(process.execPath, ['--input-type=module', '--eval', PROGRAM, when]).status;

test('a SIGHUP while the program starts does not end it, and is followed once it has started', () => {
  assert.deepEqual(
    { early: reloads('early'), late: reloads('late'), never: reloads('never') },
    { early: 1, late: 1, never: 0 },
  );
});
