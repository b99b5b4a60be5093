import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { concernsPuppet } from '../../src/irc/puppets/puppet-lines.ts';

const concerns = (line: string, nick = 'Alice[m]'): boolean => {
  const bytes = Buffer.from(line);
  return concernsPuppet(bytes, 0, bytes.length, Buffer.from(nick));
};

describe('a line that a puppet is sent', () => {
  for (const line of [
    'PING :x',
    ':irc.example 001 Alice[m] :Welcome',
    ':Alice[m]!~u@h JOIN #c',
    ':dave!~u@h KICK #c Alice[m] :out',
    ':dave!~u@h PRIVMSG Alice[m] :psst',
    '@msgid=1;account=dave :dave!~u@h PRIVMSG Alice[m] :psst',
    ':dave!~u@h NOTICE alice[M] :psst',
    ':dave!~u@h PRIVMSG Alice[m]',
    '@+react=x;+reply=1 :dave!~u@h TAGMSG Alice[m]',
    ':dave!~u@h REDACT Alice[m] 1 :oops',
    '@msgid=1 :dave!~u@h BATCH +7 draft/multiline Alice[m]',
    ':dave!~u@h BATCH -7',
  ])
    test(`is read: ${line}`, () => assert.equal(concerns(line), true));

  for (const line of [
    ':dave!~u@h PRIVMSG #c :Alice[m]: hello',
    ':dave!~u@h PRIVMSG Alice :not me',
    ':dave!~u@h PRIVMSG Alice[m]x :not me',
    ':dave!~u@h NOTICE #c :hello',
    ':dave!~u@h JOIN #c',
    ':dave!~u@h PRIVMSG',
    '@+react=x;+reply=1 :dave!~u@h TAGMSG #c',
    ':dave!~u@h REDACT #c 1 :oops',
  ])
    test(`is left out: ${line}`, () => assert.equal(concerns(line), false));
});
