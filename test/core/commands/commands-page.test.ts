import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { COMMAND_NAMES, COMMANDS } from '../../../src/core/commands/command-table.ts';
import { commandsPage } from '../../../src/core/commands/commands-page.ts';

const path = join(import.meta.dirname, '../../../docs/commands.md');

describe('the table of commands', () => {
  test('is what docs/commands.md says (WRITE_DOCS=1 writes it)', () => {
    if (process.env.WRITE_DOCS === '1') writeFileSync(path, commandsPage());
    assert.equal(readFileSync(path, 'utf8'), commandsPage());
  });

  test('says each thing in one sentence, short enough for a line of a network', () => {
    const wrong = COMMAND_NAMES.filter((name) => {
      const { text, usage } = COMMANDS[name];
      return text === '' || text.endsWith('.') || `${name} ${usage}: ${text}`.length > 200;
    });
    assert.deepEqual(wrong, []);
  });
});
