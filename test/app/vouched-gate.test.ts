import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { allowedNow } from '../../src/app/gates/allowed-now.ts';
import type { LineGate, Verdict } from '../../src/app/gates/line-gate.ts';
import { VouchedGate } from '../../src/app/gates/vouched-gate.ts';
import { parseEffect } from '../../src/app/lanes/parse-effect.ts';
import { PortalTable } from '../../src/app/rooms/portal-table.ts';
import type { SendToMatrix } from '../../src/core/events.ts';
import type { Assurance } from '../../src/core/identity/assurance.ts';
import { keyFromMsgid } from '../../src/core/ids.ts';
import { HOME } from '../fakes/fake-network.ts';
import { configOf } from '../fakes/fake-world.ts';

const YES: Verdict = { kind: 'yes' };

function gateOf(assurance: object, inner: Verdict = YES) {
  const portals = new PortalTable();
  const [network] = configOf([{ channel: '#c', room: '#c', assurance }]).networks;
  const [channel] = network?.channels ?? [];
  assert.ok(channel !== undefined);
  const portal = portals.add(HOME, channel);
  const all: LineGate = { toNetwork: () => inner, toMatrix: () => inner, mayKick: () => true };
  return { gate: new VouchedGate(all, portals), portal: portal.id };
}

const said = (assurance: Assurance): SendToMatrix => ({
  op: 'matrix.message',
  room: '!r',
  network: HOME,
  subject: { kind: 'nick', name: 'bob' },
  nick: 'bob',
  msgtype: 'm.text',
  body: 'hi',
  timeMs: 1,
  messageKey: keyFromMsgid('1'),
  provenance: {
    network: HOME,
    channel: '#c',
    nick: 'bob',
    account: null,
    origin: null,
    assurance,
    msgid: '1',
    signature: 'none',
  },
});

describe('what a mapping asks of people of its channel', () => {
  test('as it is, everybody is shown as a user of their own', () => {
    const { gate, portal } = gateOf({ relay: 'anonymous', ghost: 'anonymous', voice: 'none' });
    const effect = said('anonymous');
    assert.deepEqual(allowedNow(gate, portal, effect), { ok: true, value: effect });
  });

  test('below the least to be relayed nothing comes in, whoever the authority would let in', () => {
    const { gate, portal } = gateOf({ relay: 'cross-shard', ghost: 'anonymous', voice: 'none' });
    const refused = allowedNow(gate, portal, said('peer-vouched'));
    assert.deepEqual(refused, {
      ok: false,
      error: {
        code: 'identity.peer-vouched',
        text: 'This channel relays lines from assurance cross-shard on, and this person has peer-vouched.',
        retry: 'never',
        notify: 'log',
      },
    });
    assert.equal(allowedNow(gate, portal, said('cross-shard')).ok, true);
  });

  test('below the least to stand in the room the bot speaks for them, under the mark of those who are not admitted', () => {
    const { gate, portal } = gateOf({ relay: 'anonymous', ghost: 'local' }, { kind: 'yes', mark: '(not admitted)' });
    const effect = said('peer-vouched');
    assert.deepEqual(allowedNow(gate, portal, effect), {
      ok: true,
      value: { ...effect, body: '(not admitted) hi', spokenFor: true },
    });
  });

  test('what the authority refuses stays refused', () => {
    const error = { code: 'authority.suspended', text: 'No.', retry: 'never', notify: 'sender' } as const;
    const { gate, portal } = gateOf({ relay: 'anonymous', ghost: 'local' }, { kind: 'no', error });
    assert.deepEqual(allowedNow(gate, portal, said('local')), { ok: false, error });
  });
});

test('a line that an older version stored has as much of its provenance as was known then', () => {
  const { provenance, ...old } = said('anonymous');
  const read = parseEffect(JSON.stringify({ ...old, account: 'bob' }));
  assert.deepEqual(read?.op === 'matrix.message' && read.provenance, {
    ...provenance,
    channel: '',
    account: 'bob',
    assurance: 'peer-vouched',
    msgid: null,
  });
});
