import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Scopes } from '../../../src/app/admission/scopes.ts';

const ROOM = 'space:coop';
const crowd = Array.from({ length: 30 }, (_, i) => `@member${i}:willow.example`);

describe('whom a room is looked at for', () => {
  test('everybody, where nobody said for whom: a row of an earlier process', () => {
    assert.equal(new Scopes().take(ROOM), 'all');
  });

  test('those who were named, each once, and whoever is named later is asked for anew', () => {
    const scopes = new Scopes();
    scopes.widen(ROOM, ['@ada:willow.example'], 'one');
    scopes.widen(ROOM, ['@ada:willow.example', '@bea:willow.example'], 'two');
    assert.deepEqual(scopes.take(ROOM), new Set(['@ada:willow.example', '@bea:willow.example']));
    assert.equal(scopes.take(ROOM), 'all');
  });

  test('a few go before everybody, and everybody is still to be looked at', () => {
    const scopes = new Scopes();
    scopes.widen(ROOM, undefined, 'confirmed');
    scopes.widen(ROOM, ['@ada:willow.example'], 'authority@7');
    assert.equal(scopes.fewOf(ROOM), 'besides');
    assert.deepEqual(scopes.takeFew(ROOM), { scope: new Set(['@ada:willow.example']), cause: 'authority@7' });
    assert.equal(scopes.takeFew(ROOM), undefined);
    assert.equal(scopes.take(ROOM), 'all');
  });

  test('a few alone leave nothing behind', () => {
    const scopes = new Scopes();
    scopes.widen(ROOM, ['@ada:willow.example'], 'authority@7');
    assert.equal(scopes.fewOf(ROOM), 'alone');
    assert.deepEqual(scopes.takeFew(ROOM), { scope: new Set(['@ada:willow.example']), cause: 'authority@7' });
    assert.equal(scopes.fewOf(ROOM), undefined);
  });

  test('a crowd, or nobody, is no matter of a few', () => {
    const scopes = new Scopes();
    scopes.widen(ROOM, crowd, 'authority@7');
    assert.equal(scopes.fewOf(ROOM), undefined);
    assert.deepEqual(scopes.take(ROOM), new Set(crowd));
    scopes.widen(ROOM, [], 'channel');
    assert.equal(scopes.fewOf(ROOM), undefined);
  });

  test('whoever waits hears of more', async () => {
    const scopes = new Scopes();
    const widened = scopes.widened(ROOM);
    scopes.widen(ROOM, crowd, 'authority@7');
    assert.equal(await widened, undefined);
  });

  test('many who wait are told from a few, and from everybody in a round', () => {
    const scopes = new Scopes();
    assert.equal(scopes.waitsForMany(ROOM), false);
    scopes.widen(ROOM, undefined, 'start');
    scopes.widen(ROOM, crowd.slice(0, 20), 'authority@7');
    assert.equal(scopes.waitsForMany(ROOM), false);
    scopes.widen(ROOM, crowd, 'authority@8');
    assert.equal(scopes.waitsForMany(ROOM), true);
  });
});
