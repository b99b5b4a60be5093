import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { topicNote, withNote, withoutNote } from '../../../src/core/room/topic-note.ts';

const note = topicNote('Willow IRC', '#commons', 'own');

describe('the topic of a bridged room', () => {
  test('says with what, and whose server that is', () => {
    assert.equal(withNote('Tea at four', note), 'Tea at four | bridged with Willow IRC #commons (our own server)');
    assert.equal(withNote('', note), 'bridged with Willow IRC #commons (our own server)');
    assert.equal(withNote('Tea at four', undefined), 'Tea at four');
  });

  test('has the note once, and none that somebody wrote on the network', () => {
    const forged = withNote('Tea', topicNote('freeq', '#c', 'own'));
    assert.equal(withNote(forged, topicNote('freeq', '#c', 'foreign')), 'Tea | bridged with freeq #c (not our server)');
    assert.equal(withNote(`${note} | ${note}`, note), note);
  });

  test('goes to the network without it', () => {
    fc.assert(
      fc.property(fc.string(), (topic) => {
        const own = withoutNote(topic);
        const back = withoutNote(withNote(own, note));
        assert.equal(back, own.trimEnd());
      }),
    );
  });
});
