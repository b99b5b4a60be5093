import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Admission } from '../../../src/app/admission/admission.ts';
import { PortalTable } from '../../../src/app/rooms/portal-table.ts';
import { Directory } from '../../../src/core/authority/directory.ts';
import { asNetworkId } from '../../../src/core/ids.ts';
import { everybody, ISS, person } from '../../core/authority/fixture.ts';
import { ManualClock } from '../../fakes/manual-clock.ts';

const fq = asNetworkId('fq');
const DID = 'did:plc:abcdefgh';

function admission(): Admission {
  const directory = new Directory();
  const handle = { kind: 'irc-account', network: fq, value: DID } as const;
  directory.apply(everybody(1, person('ada', { handles: [handle] })));
  return new Admission({
    clock: new ManualClock(),
    portals: new PortalTable(),
    directory,
    visitors: { of: () => undefined } as never,
    hasAuthority: true,
    mode: () => 'enforce',
    resources: () => new Map(),
    limits: () => ({ softMs: 60_000, hardMs: 900_000 }),
    degraded: () => undefined,
    provenNick: (_, nick) => (nick === 'ada' ? { iss: ISS, sub: 'ada' } : undefined),
    admins: () => [],
    isShut: () => false,
  });
}

test('an account is a member’s where the connected server vouches for it, and nobody’s where another does', () => {
  const who = admission();
  const kinds = [
    { nick: 'x', account: DID },
    { nick: 'x', account: DID, origin: 'oak.example' },
    { nick: 'x', account: DID, origin: '?' },
  ].map((speaker) => who.networkUser(fq, speaker).kind);
  assert.deepEqual(kinds, ['found', 'absent', 'absent']);
});

test('a nick that was proven is its holder’s here, and not that of somebody of another server', () => {
  const who = admission();
  assert.equal(who.networkUser(fq, { nick: 'ada', account: null }).kind, 'found');
  assert.equal(who.networkUser(fq, { nick: 'ada', account: null, origin: 'oak.example' }).kind, 'absent');
});
