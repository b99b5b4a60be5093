import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { NetworkMessage } from '../../src/core/events.ts';
import { asNetworkId, keyFromMsgid } from '../../src/core/ids.ts';
import { Drafts, withoutDrafts } from '../../src/irc/listening/drafts.ts';

const edit = (id: string, text: string, more: Partial<NetworkMessage> = {}): NetworkMessage => ({
  ...{
    kind: 'message',
    network: asNetworkId('home'),
    channel: '#c',
    key: keyFromMsgid(id),
    timeMs: 0,
    replayed: false,
  },
  ...{ source: { nick: 'bot' }, own: false, style: 'text', lines: [text], edits: keyFromMsgid('ROOT') },
  ...more,
});
const draft = (id: string, text: string, more: Partial<NetworkMessage> = {}) =>
  edit(id, text, { unfinished: true, ...more });
const inShort = (messages: readonly NetworkMessage[]) =>
  messages.map(({ lines, superseded }) => `${lines[0]}${superseded === true ? ' (passed over)' : ''}`);

describe('a message that is written before everybody’s eyes', () => {
  test('is shown now and then, and at its end at once, with every version kept as seen', () => {
    const drafts = new Drafts();
    const given: string[] = [];
    const take = (message: NetworkMessage, atMs: number) => given.push(...inShort(drafts.take(message, atMs)));
    take(draft('1', 'I'), 0);
    take(draft('2', 'I th'), 500);
    take(draft('3', 'I thi'), 1_000);
    given.push(...inShort(drafts.tick(2_000)), 'later', ...inShort(drafts.tick(3_000)));
    take(draft('4', 'I think th'), 3_500);
    take(edit('5', 'I think that'), 3_600);
    given.push(...inShort(drafts.tick(10_000)));
    assert.deepEqual(given, ['I', 'I th (passed over)', 'later', 'I thi', 'I think th (passed over)', 'I think that']);
  });

  test('waits for nothing where nobody says that more is to come, and no other’s edit passes it over', () => {
    const drafts = new Drafts();
    const theirs = { source: { nick: 'bot', origin: 'J.test' } };
    assert.deepEqual(inShort(drafts.take(edit('1', 'a'), 0)), ['a']);
    assert.deepEqual(inShort(drafts.take(edit('2', 'b'), 1)), ['b']);
    drafts.take(draft('3', 'c'), 2);
    assert.deepEqual(inShort(drafts.take(draft('4', 'd'), 3)), []);
    assert.deepEqual(inShort(drafts.take(edit('5', 'forged', theirs), 4)), ['forged']);
    assert.deepEqual(inShort(drafts.tick(9_000)), ['d']);
    const { edits: _, ...first } = draft('6', 'its first version');
    assert.deepEqual(inShort(drafts.take(first, 9_001)), ['its first version']);
  });

  test('has of several versions in the history the last one', () => {
    const versions = [
      draft('1', 'I'),
      draft('2', 'I th'),
      edit('3', 'I think'),
      edit('4', 'I thought'),
      draft('5', 'I s'),
    ];
    assert.deepEqual(inShort(withoutDrafts(versions)), [
      'I (passed over)',
      'I th (passed over)',
      'I think',
      'I thought',
      'I s',
    ]);
  });
});
