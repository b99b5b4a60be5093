import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { CONVERTED_TYPES } from '../../../src/core/convert/matrix-to-network.ts';
import { CONVERTED_KINDS } from '../../../src/core/convert/network-to-matrix.ts';
import { WHAT_CROSSES } from '../../../src/core/convert/what-crosses.ts';
import { whatCrossesPage } from '../../../src/core/convert/what-crosses-page.ts';

const root = join(import.meta.dirname, '../../..');
const path = join(root, 'docs/what-crosses.md');

describe('the table of what crosses', () => {
  test('is what docs/what-crosses.md says (WRITE_DOCS=1 writes it)', () => {
    if (process.env.WRITE_DOCS === '1') writeFileSync(path, whatCrossesPage());
    assert.equal(readFileSync(path, 'utf8'), whatCrossesPage());
  });

  test('has a row, and only one, for whatever is converted', () => {
    const types = WHAT_CROSSES.flatMap((row) => row.types);
    const kinds = WHAT_CROSSES.flatMap((row) => row.kinds);
    assert.deepEqual([types.toSorted(), kinds.toSorted()], [CONVERTED_TYPES.toSorted(), CONVERTED_KINDS.toSorted()]);
  });

  test('names tests that there are, for each row', () => {
    const missing = WHAT_CROSSES.flatMap(({ what, shown }) => [
      ...(shown.length === 0 ? [`${what}: none`] : []),
      ...shown
        .filter(([file, name]) => !readFileSync(join(root, file), 'utf8').includes(name))
        .map(([file, name]) => `${what}: ${file} has no "${name}"`),
    ]);
    assert.deepEqual(missing, []);
  });

  test('says on each side what happens', () => {
    const mute = WHAT_CROSSES.filter(({ toNetwork, toMatrix }) => toNetwork === null && toMatrix === null);
    assert.deepEqual(mute, []);
    assert.doesNotMatch(whatCrossesPage(), /\n\| *\|/);
  });
});
