import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { inPlace } from '../../../src/core/convert/in-room.ts';
import { messageContent } from '../../../src/core/convert/message-content.ts';

const GHOST = '@_causeway_home_carol:willow.example';
const ALICE = '@alice:willow.example';
const said = (body: string, more: object = {}) => ({
  ...messageContent({ msgtype: 'm.text', body, ...more }),
  'coop.causeway.bridged': { keys: ['k'] },
});

describe('a message in its place', () => {
  test('that has none is as it was', () => {
    const content = said('hi');
    assert.equal(inPlace(content, GHOST, undefined), content);
  });

  test('that answers means whom it answers, and quotes nothing', () => {
    const place = { kind: 'reply', eventId: '$q', thread: null, author: ALICE } as const;
    assert.deepEqual(inPlace(said('yes', { mentions: ['@bob:x'] }), GHOST, place), {
      msgtype: 'm.text',
      body: 'yes',
      'm.mentions': { user_ids: [ALICE, '@bob:x'] },
      'coop.causeway.bridged': { keys: ['k'] },
      'm.relates_to': { 'm.in_reply_to': { event_id: '$q' } },
    });
  });

  test('that answers oneself, or nobody knows whom, means nobody', () => {
    for (const author of [GHOST, null]) {
      const place = { kind: 'reply', eventId: '$q', thread: null, author } as const;
      assert.deepEqual(inPlace(said('yes'), GHOST, place), {
        ...said('yes'),
        'm.relates_to': { 'm.in_reply_to': { event_id: '$q' } },
      });
    }
  });

  test('in a thread is an answer there, and not a fallback', () => {
    const place = { kind: 'reply', eventId: '$q', thread: '$root', author: null } as const;
    assert.deepEqual(inPlace(said('yes'), GHOST, place), {
      ...said('yes'),
      'm.relates_to': {
        rel_type: 'm.thread',
        event_id: '$root',
        is_falling_back: false,
        'm.in_reply_to': { event_id: '$q' },
      },
    });
  });

  test('that replaces another says it twice: for clients that know edits, and for those that do not', () => {
    const content = said('new', { formatted: '<b>new</b>', mentions: [ALICE] });
    assert.deepEqual(inPlace(content, GHOST, { kind: 'edit', eventId: '$first' }), {
      ...content,
      body: '* new',
      formatted_body: '* <b>new</b>',
      'm.mentions': {},
      'm.new_content': content,
      'm.relates_to': { rel_type: 'm.replace', event_id: '$first' },
    });
  });
});
