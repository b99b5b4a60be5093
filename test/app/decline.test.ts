import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decline, GHOST_UNKNOWN } from '../../src/app/people/decline.ts';
import { type BridgeError, fail, ok } from '../../src/core/errors.ts';

const GHOST = '@_causeway_home_nobody:willow.example';
const refused = (code: string): BridgeError => ({ code, text: 'no', retry: 'later', notify: 'log' });

/** A homeserver that knows some ghosts. */
function homeserver(known: readonly string[], registers = true) {
  const [ghosts, calls] = [new Set(known), [] as string[]];
  return {
    calls,
    leave: async (as: string, room: string, why?: string) => {
      calls.push(`${as} leaves ${room}: ${why}`);
      return ghosts.has(as) ? ok(undefined) : fail(refused(GHOST_UNKNOWN));
    },
    registerGhost: async (localpart: string) => {
      calls.push(`register ${localpart}`);
      if (!registers) return fail(refused('matrix.away'));
      ghosts.add(`@${localpart}:willow.example`);
      return ok(undefined);
    },
  };
}

test('a ghost that never did anything is registered to decline, and no other', async () => {
  const left = `${GHOST} leaves !r: nobody is there`;
  const stranger = homeserver([]);
  assert.deepEqual(await decline(stranger, GHOST, '!r', 'nobody is there'), ok(undefined));
  assert.deepEqual(stranger.calls, [left, 'register _causeway_home_nobody', left]);
  const known = homeserver([GHOST]);
  assert.deepEqual(await decline(known, GHOST, '!r', 'nobody is there'), ok(undefined));
  assert.deepEqual(known.calls, [left]);
});

test('a homeserver that is away is asked again later', async () => {
  const away = homeserver([], false);
  assert.deepEqual(await decline(away, GHOST, '!r', 'nobody is there'), fail(refused('matrix.away')));
});
