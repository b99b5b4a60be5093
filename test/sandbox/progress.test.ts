import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { makeProgress } from '../../src/sandbox/progress.ts';

const capture = (isTTY: boolean) => {
  const written: string[] = [];
  return { written, progress: makeProgress({ isTTY, columns: 40, write: (text) => written.push(text) }) };
};

describe('progress', () => {
  test('is one line for a step that is over soon, where lines stay', (t) => {
    t.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
    const { written, progress } = capture(false);
    progress.step('Ergo starts').done('ready');
    t.mock.timers.tick(60_000);
    assert.deepEqual(written, ['  ✔ Ergo starts: ready\n']);
  });

  test('says again every ten seconds that a long step goes on, and what it does', (t) => {
    t.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
    const { written, progress } = capture(false);
    const step = progress.step('Dendrite');
    t.mock.timers.tick(250);
    step.detail('143 packages compiled');
    t.mock.timers.tick(10_000);
    step.failed('no network');
    step.done('too late');
    assert.deepEqual(written, [
      '  … Dendrite\n',
      '  … Dendrite: 143 packages compiled\n',
      '  ✘ Dendrite: no network\n',
    ]);
  });

  test('rewrites its line each second on a terminal, and keeps within its width', (t) => {
    t.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
    const { written, progress } = capture(true);
    const step = progress.step('Dendrite');
    t.mock.timers.tick(1);
    step.detail('a'.repeat(100));
    t.mock.timers.tick(1_000);
    step.skipped('none there');
    assert.deepEqual(written, [
      '\r\x1b[2K  … Dendrite',
      `\r\x1b[2K  … Dendrite: ${'a'.repeat(25)}`,
      '\r\x1b[2K  · Dendrite: none there\n',
    ]);
  });
});
