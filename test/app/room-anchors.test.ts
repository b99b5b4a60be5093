import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RoomAnchors } from '../../src/app/inbox/room-anchors.ts';

describe('the anchor of a room', () => {
  test('is the newest event that came both ways', () => {
    const anchors = new RoomAnchors(new Map([['!r', '$0']]));
    const stood: (string | undefined)[] = [];
    for (const [eventId, bit] of [
      ['$1', 1],
      ['$2', 1],
      ['$1', 2],
      ['$3', 2],
      ['$2', 2],
      ['$3', 1],
    ] as const) {
      anchors.seen('!r', eventId, bit);
      stood.push(anchors.get('!r'));
    }
    assert.deepEqual(
      [stood, anchors.takeDirty(), anchors.takeDirty()],
      [['$0', '$0', '$1', '$1', '$2', '$3'], [['!r', '$3']], []],
    );
  });

  test('is stored later where storing failed', () => {
    const anchors = new RoomAnchors(new Map());
    anchors.set('!r', '$1');
    anchors.notStored(anchors.takeDirty());
    assert.deepEqual(anchors.takeDirty(), [['!r', '$1']]);
  });
});
