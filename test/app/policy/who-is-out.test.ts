import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import type { LineGate, Verdict } from '../../../src/app/gates/line-gate.ts';
import { PolicyGate } from '../../../src/app/gates/policy-gate.ts';
import { BoundedReports } from '../../../src/app/policy/bounded-reports.ts';
import { WhoIsOut, type WhoIsOutParts } from '../../../src/app/policy/who-is-out.ts';
import { PortalTable } from '../../../src/app/rooms/portal-table.ts';
import type { Lookup, Member } from '../../../src/core/authority/member.ts';
import { makeDirectId, makeGhostId } from '../../../src/core/ids.ts';
import { PolicyBook } from '../../../src/core/policy/policy-book.ts';
import type { PolicyRule } from '../../../src/core/policy/policy-rule.ts';
import { HOME } from '../../fakes/fake-network.ts';
import { configOf } from '../../fakes/fake-world.ts';
import { ManualClock } from '../../fakes/manual-clock.ts';

const SERVER = 'shard.test';
const LIST = '!coc';
const freshness = { revision: 1, asOfMs: 1, via: 'snapshot' } as const;
const ABSENT: Lookup<Member> = { kind: 'absent', freshness, stranger: true };
const UNKNOWN: Lookup<Member> = { kind: 'unknown', reason: 'unreachable', text: 'it is down' };
const found = (status: string) => ({ kind: 'found', freshness, value: { status } }) as unknown as Lookup<Member>;
const digest = (text: string): string => createHash('sha256').update(text).digest('hex');
const userRule = (entity: string): PolicyRule => ({ kind: 'user', entity, reason: 'spam' });

function worldOf(rules: readonly PolicyRule[], change: Partial<WhoIsOutParts> = {}, person: Lookup<Member> = ABSENT) {
  const portals = new PortalTable();
  const [channel] = configOf([{ channel: '#c', room: '#c' }]).networks[0]?.channels ?? [];
  assert.ok(channel !== undefined);
  const portal = portals.add(HOME, channel);
  const book = new PolicyBook({ botId: `@_causeway_bot:${SERVER}`, serverName: SERVER });
  book.replace(
    LIST,
    rules.map((one, at) => [`${at}`, one] as const),
  );
  const said: string[] = [];
  const kit = { networks: new Map(), homeserver: { serverName: SERVER }, digest } as unknown as WhoIsOutParts['kit'];
  const out = new WhoIsOut({
    ...{ kit, portals, book },
    ghosts: { idOf: (network, subject) => makeGhostId(network, subject, SERVER, digest) },
    admission: {
      networkUser: () => person,
      matrixUser: () => person,
      isAdmin: (userId) => userId === '@admin:shard.test',
    },
    hasAuthority: false,
    isOurs: (userId) => userId.startsWith('@_causeway_'),
    listsOf: () => [LIST],
    nameOf: () => '#coc:shard.test',
    reports: new BoundedReports(new ManualClock(), (text) => said.push(text)),
    ...change,
  });
  return { out, portals, portal, said, book };
}

const YES: Verdict = { kind: 'yes' };
const PEST = { nick: 'Pest', account: null };

describe('a policy list', () => {
  test('means people of a network by the id of their ghost, in any case of the nick, with a word to admins', () => {
    const { out, portal, said } = worldOf([userRule('@_causeway_home_pest:shard.test')]);
    assert.deepEqual(out.speaker(portal.id, PEST), { text: 'shut out by the policy list #coc:shard.test: spam' });
    assert.equal(out.speaker(portal.id, { nick: 'pest', account: 'peter' }), undefined);
    out.speaker(portal.id, PEST);
    assert.deepEqual(said, [
      'Pest (home) is shut out by the policy list #coc:shard.test: spam. What they say does not pass between #c and its room.',
    ]);
  });

  test('means somebody whose ghost was exchanged for another by both', () => {
    const ghosts = { idOf: () => '@_causeway_home_other:shard.test' };
    for (const nick of ['pest', 'other']) {
      const { out, portal } = worldOf([userRule(`@_causeway_home_${nick}:shard.test`)], { ghosts });
      assert.notEqual(out.speaker(portal.id, PEST), undefined);
    }
  });

  test('says nothing about whom the cooperative knows, and admins hear that it tried', () => {
    const rules = [userRule('@_causeway_home_*'), userRule('@ada:shard.test')];
    const { out, portal, said } = worldOf(rules, { hasAuthority: true }, found('active'));
    assert.equal(out.speaker(portal.id, PEST), undefined);
    assert.equal(out.user(portal.id, '@ada:shard.test'), undefined);
    assert.deepEqual(out.verdict(portal, '@_causeway_home_pest:shard.test', PEST), { kind: 'free' });
    assert.equal(said.length, 2);
    assert.match(
      said[1] ?? '',
      /^The policy list #coc:shard\.test means @ada:shard\.test .*whom the cooperative knows\./,
    );
  });

  test('means people of whom the authority says that they are not its own, as anybody', () => {
    const meant = ['active', 'provisional', 'hibernating', 'unmapped', 'applicant', 'departed'].map((status) => {
      const { out, portal } = worldOf([userRule('@_causeway_home_*')], { hasAuthority: true }, found(status));
      return out.speaker(portal.id, PEST) !== undefined;
    });
    assert.deepEqual(meant, [false, false, false, false, true, true]);
  });

  test('silences, and no more, of whom the authority cannot say now whether it knows them', () => {
    const { out, portal } = worldOf([userRule('@_causeway_home_*')], { hasAuthority: true }, UNKNOWN);
    assert.notEqual(out.speaker(portal.id, PEST), undefined);
    assert.deepEqual(out.verdict(portal, '@_causeway_home_pest:shard.test', PEST), { kind: 'unsure' });
  });

  test('never means our own connections, nor admins of the configuration', () => {
    const { out, portal } = worldOf([userRule('@_causeway_home_*'), userRule('@admin:*')]);
    assert.equal(out.user(portal.id, '@_causeway_home_pest:shard.test'), undefined);
    assert.equal(out.user(portal.id, '@admin:shard.test'), undefined);
  });

  test('that means a crowd does not fill the admin room', () => {
    const clock = new ManualClock();
    const said: string[] = [];
    const reports = new BoundedReports(clock, (text) => said.push(text));
    for (let at = 0; at < 500; at++) reports.say(`${at}`, `nick${at} is out`);
    assert.equal(said.length, 20);
    clock.advance(10 * 60_000);
    assert.equal(said.at(-1), 'Policy lists meant 480 more people, who are not named here one by one.');
  });
});

describe('the gate of policy lists', () => {
  const all: LineGate = { toNetwork: () => YES, toMatrix: () => YES, mayKick: () => true };

  test('stops lines of both sides, and lets people take back what they said before', () => {
    const { out, portals, portal } = worldOf([userRule('@_causeway_home_pest:shard.test'), userRule('@eve:*')]);
    const gate = new PolicyGate(all, portals, out);
    const speaker = { ...PEST, assurance: 'anonymous' } as const;
    const kinds = [
      gate.toMatrix(portal.id, speaker),
      gate.toMatrix(portal.id, speaker, true),
      gate.toMatrix(portal.id, { ...speaker, nick: 'bob' }),
      gate.toNetwork(portal.id, '@eve:else.example'),
      gate.toNetwork(portal.id, '@eve:else.example', true),
      gate.toNetwork(portal.id, '@bob:else.example'),
    ].map(({ kind }) => kind);
    assert.deepEqual(kinds, ['no', 'yes', 'yes', 'no', 'yes', 'yes']);
  });

  test('ends private conversations with whom it shuts out, both ways', () => {
    const { out, portals } = worldOf([userRule('@_causeway_home_pest:shard.test'), userRule('@eve:*')]);
    const gate = new PolicyGate(all, portals, out);
    const meet = (userId: string, nick: string) => {
      const subject = { kind: 'nick', name: nick } as const;
      const peer = { subject, nick, host: null };
      const id = makeDirectId(HOME, userId, subject);
      return portals.addDirect(id, HOME, { userId, peer, blocked: false, isOpen: true }).id;
    };
    const [withPest, withEve] = [meet('@alice:shard.test', 'pest'), meet('@eve:else.example', 'bob')];
    const speaker = (nick: string) => ({ nick, account: null, assurance: 'anonymous' }) as const;
    assert.deepEqual(
      [
        gate.toNetwork(withPest, '@alice:shard.test'),
        gate.toMatrix(withPest, speaker('pest')),
        gate.toNetwork(withEve, '@eve:else.example'),
        gate.toMatrix(withEve, speaker('bob')),
      ].map(({ kind }) => kind),
      ['no', 'no', 'no', 'no'],
    );
  });
});
