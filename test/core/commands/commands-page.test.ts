import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { textIn } from '../../../src/core/commands/command-help.ts';
import { argumentsIn, COMMAND_NAMES, COMMANDS } from '../../../src/core/commands/command-table.ts';
import { usage } from '../../../src/core/commands/command-usage.ts';
import { commandsPage } from '../../../src/core/commands/commands-page.ts';

const path = join(import.meta.dirname, '../../../docs/commands.md');

describe('the table of commands', () => {
  test('is what docs/commands.md says (WRITE_DOCS=1 writes it)', () => {
    if (process.env.WRITE_DOCS === '1') writeFileSync(path, commandsPage());
    assert.equal(readFileSync(path, 'utf8'), commandsPage());
  });

  test('says each thing in one sentence, short enough for a line of a network', () => {
    const wrong = COMMAND_NAMES.filter((name) =>
      COMMANDS[name].where.some((place) => {
        const text = textIn(name, place);
        return text === '' || text.endsWith('.') || `${usage(name, place)}: ${text}`.length > 200;
      }),
    );
    assert.deepEqual(wrong, []);
  });

  test('asks for words only where the command can be said, and for none behind one that may be left out', () => {
    const wrong = COMMAND_NAMES.filter((name) => {
      const { takes, where } = COMMANDS[name];
      const isElsewhere = takes.some((word) => word.where?.some((place) => !where.includes(place)) === true);
      const hasGap = where.some((place) => {
        const optional = argumentsIn(name, place).map((word) => word.optional === true);
        return optional.includes(true) && optional.lastIndexOf(false) > optional.indexOf(true);
      });
      return isElsewhere || hasGap;
    });
    assert.deepEqual(wrong, []);
  });
});
