import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { LineGate } from '../../src/app/gates/line-gate.ts';
import { PeoplePresence } from '../../src/app/people/people-presence.ts';
import { PortalTable } from '../../src/app/rooms/portal-table.ts';
import type { Network } from '../../src/ports/network.ts';
import { openForTest } from '../db/kit.ts';
import { HOME } from '../fakes/fake-network.ts';
import { configOf, kitFor } from '../fakes/fake-world.ts';
import { ManualClock } from '../fakes/manual-clock.ts';

const ADA = '@ada:x';

async function world(t: TestContext) {
  const db = await openForTest('sqlite::memory:');
  t.after(() => db.close());
  const shown: string[] = [];
  const signs = { away: (userId: string, text: string | undefined) => shown.push(`${userId} ${text ?? 'back'}`) };
  const network = { id: HOME, signs } as unknown as Network;
  const kit = kitFor(db, new ManualClock(), { networks: new Map([[HOME, network]]) });
  const portals = new PortalTable();
  for (const channel of configOf([{ channel: '#commons', room: '#commons' }]).networks[0]?.channels ?? [])
    portals.add(HOME, channel);
  const admits = { now: true };
  const gate = { toNetwork: () => ({ kind: admits.now ? 'yes' : 'no' }) } as unknown as LineGate;
  return { shown, admits, presence: new PeoplePresence(kit, portals, gate, () => true) };
}

describe('a person who is away', () => {
  test('and was shut out meanwhile, is shown as away again as soon as they are let in', async (t) => {
    const { presence, admits, shown } = await world(t);
    presence.changed(ADA, { state: 'unavailable', status: 'lunch' });
    admits.now = false;
    presence.standingChanged([ADA]);
    admits.now = true;
    presence.standingChanged(undefined);
    presence.standingChanged(['@nobody:x']);
    assert.deepEqual(shown, [`${ADA} lunch`, `${ADA} back`, `${ADA} lunch`]);
  });

  test('and went away while they were shut out, is shown as that when their connection is there', async (t) => {
    const { presence, admits, shown } = await world(t);
    admits.now = false;
    presence.changed(ADA, { state: 'unavailable', status: 'dinner' });
    admits.now = true;
    presence.connected(HOME, ADA);
    assert.deepEqual(shown, [`${ADA} back`, `${ADA} dinner`]);
  });
});
