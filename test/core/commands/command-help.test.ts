import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  commandRefusal,
  commandsFor,
  helpText,
  type Standpoint,
  unknownCommand,
} from '../../../src/core/commands/command-help.ts';
import { AND_TERMINAL } from '../../../src/core/commands/command-row.ts';
import { COMMAND_NAMES } from '../../../src/core/commands/command-table.ts';

const MEMBER: Standpoint = { place: 'channel', isAdmin: false, isCoordinator: false, hasAuthority: true };

describe('the help', () => {
  test('lists what the asker may use where they are, and nothing else', () => {
    const inChannel = commandsFor(MEMBER);
    assert.deepEqual(
      {
        member: ['approve', 'confirm', 'block', 'visit', 'request', 'whois'].filter((name) =>
          (inChannel as readonly string[]).includes(name),
        ),
        coordinator: commandsFor({ ...MEMBER, isCoordinator: true }).filter((name) => !inChannel.includes(name)),
        admin: commandsFor({ ...MEMBER, isAdmin: true }).filter((name) => !inChannel.includes(name)),
        inPrivate: commandsFor({ ...MEMBER, place: 'conversation' }).filter((name) => !inChannel.includes(name)),
        withBot: commandsFor({ ...MEMBER, place: 'bot' }).filter((name) => !inChannel.includes(name)),
      },
      {
        member: ['request', 'whois'],
        coordinator: ['approve', 'refuse'],
        admin: ['approve', 'refuse', 'explain', 'agreements', 'plans', 'confirm'],
        inPrivate: ['block', 'unblock'],
        withBot: ['visit'],
      },
    );
  });

  test('names no command of the cooperative where nobody says who is a member', () => {
    const names = commandsFor({ ...MEMBER, isAdmin: true, hasAuthority: false });
    assert.deepEqual(
      names.filter((name) => ['whoami', 'link', 'request', 'plans'].includes(name)),
      [],
    );
    assert.ok(names.includes('whois'));
  });

  test('fits into what the bot answers on a network, and needs no prefix there', () => {
    const lines = helpText({ ...MEMBER, place: 'network' }).split('\n');
    assert.ok(lines.length <= 16);
    assert.equal(lines[0], 'help [COMMAND]: what can be asked here');
  });

  test('of one command says that one', () => {
    assert.equal(
      helpText(MEMBER, 'Query'),
      '!causeway query NICK: open a room with somebody on a network, to write to them in private\nNICK: somebody on a network; NETWORK/NICK says on which',
    );
    assert.match(helpText(MEMBER, 'confirm'), /^There is no command confirm here\./);
  });
});

describe('a command that does not exist', () => {
  test('is answered with the nearest that the asker may use', () => {
    assert.deepEqual(
      [unknownCommand(MEMBER, 'whios'), unknownCommand({ ...MEMBER, place: 'network' }, 'hlep')],
      [
        'There is no command whios here. Did you mean `!causeway whois`? `!causeway help` lists what there is.',
        'There is no command hlep here. Did you mean `help`? `help` lists what there is.',
      ],
    );
    assert.equal(
      unknownCommand(MEMBER, 'confrim'),
      'There is no command confrim here. `!causeway help` lists what there is.',
    );
  });

  test('is shown cut, whatever somebody types', () => {
    assert.ok(unknownCommand(MEMBER, 'x'.repeat(5_000)).length < 200);
  });
});

describe('a command in a place where it does not work', () => {
  test('is refused with where to say it', () => {
    assert.deepEqual(
      [
        commandRefusal(MEMBER, 'visit'),
        commandRefusal(MEMBER, 'block'),
        commandRefusal({ ...MEMBER, place: 'network' }, 'links'),
        commandRefusal(MEMBER, 'check'),
        commandRefusal({ ...MEMBER, place: 'terminal' }, 'optout'),
        commandRefusal(MEMBER, 'plans'),
        commandRefusal({ ...MEMBER, isAdmin: true }, 'plans'),
        commandRefusal(MEMBER, 'approve'),
      ],
      [
        'Say this in a private room with the bot: invite it to an unencrypted room with nobody else.',
        'Say this in the room of a private conversation.',
        'This can only be asked from Matrix.',
        'Say `causeway check` in a shell on the machine of the bridge.',
        'Say this in a room of the bridge on Matrix, or in a private message to the bot on a network.',
        'This is for the council and the admins named in the configuration.',
        undefined,
        undefined,
      ],
    );
  });

  test('is refused for each command and place exactly where the table has it not', () => {
    for (const place of AND_TERMINAL) {
      const who = { ...MEMBER, isAdmin: true, isCoordinator: true, place };
      const usable = COMMAND_NAMES.filter((name) => commandRefusal(who, name) === undefined);
      assert.deepEqual(commandsFor(who), usable);
    }
  });
});
