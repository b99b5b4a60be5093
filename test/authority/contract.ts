import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { AuthorityUpdate, Member, Role, Status, UnknownReason } from '../../src/core/authority/member.ts';
import type { Authority } from '../../src/ports/authority.ts';
import { waitUntil } from '../servers/people.ts';
import { SteppedClock } from './stepped-clock.ts';
import { normal, Watcher } from './watcher.ts';

/** Somebody as a world writes them into its source. `status` is the source's own word; `sabbatical` is explained as `hibernating`. */
export type Person = {
  readonly sub: string;
  readonly name: string;
  readonly status: string;
  readonly matrix: string;
  /** `network/account` */
  readonly irc: string;
  readonly groups: readonly { readonly group: string; readonly roles: readonly Role[] }[];
  /** In the whole cooperative. */
  readonly roles: readonly Role[];
};

/** One way in which a source cannot be asked or answers nonsense. */
export type Fault = {
  readonly strike: () => void | Promise<void>;
  readonly mend: () => void | Promise<void>;
  /** What the authority may call it. */
  readonly reasons: readonly UnknownReason[];
};

/** Every source that is asked over a network has all of these; a world lists those that its source can have. */
export type FaultName =
  | 'unreachable'
  | 'silent'
  | 'malformed'
  | 'truncated'
  | 'empty answer'
  | 'unauthorized'
  | 'TLS error'
  | (string & {});

export type World = {
  readonly authority: Authority;
  readonly issuer: string;
  /** Texts that stand in no description and no sentence. */
  readonly secrets: readonly string[];
  /** Makes the source name exactly these people. Resolves when the source has it. */
  readonly write: (people: readonly Person[]) => Promise<void>;
  readonly faults: Readonly<Record<string, Fault>>;
  /** What the authority is to say of somebody. Where it differs from {@link memberOf} the world says how. */
  readonly expected?: (person: Person) => Member;
  /** Ends the source, after the authority was closed. */
  readonly end: () => Promise<void>;
};

export type WorldParts = {
  readonly t: TestContext;
  readonly clock: SteppedClock;
  readonly statuses: Readonly<Record<string, Status>>;
  readonly roles: Readonly<Record<string, Role>>;
};

export type ContractOptions = {
  /** Names of the faults that {@link World.faults} has, so that each is a test of its own. */
  readonly faults: readonly FaultName[];
  /** How much faster than the wall the adapter's clock runs; less for slow servers. 10 unless told. */
  readonly speed?: number;
};

export const ADA: Person = {
  sub: 'ada',
  name: 'Ada Lovelace',
  status: 'active',
  matrix: '@ada:willow.example',
  irc: 'home/ada',
  groups: [{ group: 'garden', roles: ['member'] }],
  roles: ['council'],
};
export const BEN: Person = {
  sub: 'ben',
  name: 'Ben Okri',
  status: 'active',
  matrix: '@ben:willow.example',
  irc: 'home/ben',
  groups: [
    { group: 'garden', roles: ['member'] },
    { group: 'house', roles: ['coordinator'] },
  ],
  roles: [],
};
export const CLEO: Person = {
  sub: 'cleo',
  name: 'Cleo Ahn',
  status: 'suspended',
  matrix: '@cleo:willow.example',
  irc: 'home/cleo',
  groups: [],
  roles: [],
};

const STATUS_WORDS = { sabbatical: 'hibernating' } as const satisfies Record<string, Status>;
const OURS = new Set(['applicant', 'provisional', 'active', 'hibernating', 'suspended', 'departed', 'expelled']);

/** What every authority that knows standings is to say of a person. */
export function memberOf(person: Person, issuer: string): Member {
  const [network = '', account = ''] = person.irc.split('/');
  const ours = (STATUS_WORDS as Record<string, Status>)[person.status] ?? person.status;
  return {
    subject: { iss: issuer, sub: person.sub },
    name: person.name,
    status: OURS.has(ours) ? (ours as Status) : 'unmapped',
    statusText: person.status,
    seats: person.groups.map(({ group, roles }) => ({ group, roles, visibility: 'canonical' })),
    roles: person.roles.map((role) => ({ role })),
    handles: [
      { kind: 'mxid', value: person.matrix },
      { kind: 'irc-account', network, value: account },
    ],
  };
}

const changed = (person: Person, change: Partial<Person>): Person => ({ ...person, ...change });

/** The suite that every adapter of the port `Authority` passes. A world is made anew for each test. */
export function authorityContract(
  name: string,
  makeWorld: (parts: WorldParts) => Promise<World>,
  { faults, speed = 10 }: ContractOptions,
): void {
  const inWorld =
    (run: (world: World, clock: SteppedClock, members: (people: readonly Person[]) => Member[]) => Promise<void>) =>
    async (t: TestContext): Promise<void> => {
      const clock = new SteppedClock(speed);
      const world = await makeWorld({ t, clock, statuses: STATUS_WORDS, roles: { board: 'council' } });
      const expected = world.expected ?? ((person: Person) => memberOf(person, world.issuer));
      try {
        await run(world, clock, (people) => normal(people.map(expected)));
      } finally {
        await world.authority.close();
        await world.end();
        clock.stop();
      }
    };
  const startWatch = (world: World, people: readonly Person[]): Watcher => {
    world.authority.setSubjects?.(people.map(({ sub }) => ({ iss: world.issuer, sub })));
    return new Watcher(world.authority);
  };
  const names = (world: World): boolean => world.authority.description.supports.has('snapshot');

  describe(`the authority ${name}`, () => {
    test(
      'says what it is without saying a secret',
      inWorld(async (world) => {
        const { issuer, source, supports } = world.authority.description;
        assert.equal(issuer, world.issuer);
        assert.ok(supports instanceof Set);
        assert.deepEqual(
          world.secrets.filter((secret) => source.includes(secret)),
          [],
        );
      }),
    );

    test(
      'knows agreements with other shards, or says that it does not',
      inWorld(async (world) => {
        await world.write([ADA]);
        const { authority } = world;
        const [agreements, visitor] = [await authority.agreements(), await authority.admitVisitor('a.b.c')];
        const known = authority.description.supports.has('agreements');
        assert.deepEqual([agreements.kind, visitor.kind], known ? ['found', 'absent'] : ['unknown', 'unknown']);
      }),
    );

    test(
      'tells who is found from who is absent',
      inWorld(async (world, _clock, members) => {
        await world.write([ADA, BEN]);
        const found = await world.authority.member({ iss: world.issuer, sub: 'ada' });
        assert.deepEqual(found.kind === 'found' ? normal([found.value]) : found, members([ADA]));
        assert.equal((await world.authority.member({ iss: world.issuer, sub: 'nobody' })).kind, 'absent');
        assert.equal((await world.authority.member({ iss: 'https://elsewhere.example', sub: 'ada' })).kind, 'absent');
      }),
    );

    test(
      'names everybody, or says that it cannot',
      inWorld(async (world, _clock, members) => {
        await world.write([ADA, BEN, CLEO]);
        const all = await world.authority.snapshot();
        if (names(world))
          assert.deepEqual(all.kind === 'found' && normal(all.value.members), members([ADA, BEN, CLEO]));
        else assert.equal(all.kind, 'unknown');
      }),
    );

    test(
      'begins to watch with everybody',
      inWorld(async (world, _clock, members) => {
        await world.write([ADA, BEN]);
        const watcher = startWatch(world, [ADA, BEN]);
        await watcher.shows(members([ADA, BEN]));
        if (names(world)) assert.equal(watcher.updates[0]?.kind, 'snapshot');
        await watcher.stop();
      }),
    );

    test(
      'says every change, with revisions that grow',
      inWorld(async (world, _clock, members) => {
        const steps: readonly (readonly Person[])[] = [
          [ADA, BEN],
          [ADA, BEN, CLEO],
          [changed(ADA, { groups: [] }), BEN, CLEO],
          [changed(ADA, { roles: [] }), changed(BEN, { name: 'Benedict Okri' }), CLEO],
          [ADA, changed(BEN, { groups: [{ group: 'house', roles: ['member'] }] }), CLEO],
          [ADA, BEN, changed(CLEO, { irc: 'home/cleopatra' })],
          [ADA, BEN],
        ];
        await world.write(steps[0] ?? []);
        const watcher = startWatch(world, [ADA, BEN, CLEO]);
        for (const people of steps) {
          await world.write(people);
          await watcher.shows(members(people));
        }
        await watcher.stop();
        assert.deepEqual(watcher.revisionsThatFell, []);
      }),
    );

    test(
      'says standings, its own word beside ours',
      inWorld(async (world, _clock, members) => {
        const words = ['active', 'suspended', 'sabbatical', 'provisional', 'expelled', 'active'];
        if (!world.authority.description.supports.has('status')) return;
        await world.write([ADA, BEN]);
        const watcher = startWatch(world, [ADA, BEN]);
        for (const status of words) {
          await world.write([changed(ADA, { status }), BEN]);
          await watcher.shows(members([changed(ADA, { status }), BEN]));
        }
        await watcher.stop();
      }),
    );

    test(
      'calls a standing that nobody explained unmapped, and goes on',
      inWorld(async (world, _clock, members) => {
        if (!world.authority.description.supports.has('status')) return;
        const odd = changed(ADA, { status: 'on the moon' });
        await world.write([odd, BEN]);
        const watcher = startWatch(world, [ADA, BEN]);
        await watcher.shows(members([odd, BEN]));
        assert.equal(watcher.member('ada')?.status, 'unmapped');
        await watcher.stop();
      }),
    );

    test(
      'gives a sign of life at least every 10 s while nothing changes',
      inWorld(async (world, clock, members) => {
        await world.write([ADA]);
        const watcher = startWatch(world, [ADA]);
        await watcher.shows(members([ADA]));
        const seen = watcher.updates.length;
        const heard: number[] = [clock.nowMs()];
        const endMs = clock.nowMs() + 30_000;
        watcher.onUpdate = ({ kind }) => {
          if (kind !== 'unknown' && kind !== 'gap') heard.push(clock.nowMs());
        };
        await waitUntil(() => clock.nowMs() > endMs, { timeoutMs: 60_000, what: '30 s of the clock' });
        heard.push(clock.nowMs());
        await watcher.stop();
        const gaps = heard.slice(1).map((at, i) => at - (heard[i] ?? 0));
        assert.ok(Math.max(...gaps) <= 10_500, `gaps: ${gaps.join(', ')} ms`);
        // What it says of everybody is as new as its signs of life say.
        const beats = watcher.updates.slice(seen).filter((update) => update.kind === 'heartbeat');
        assert.deepEqual(
          beats.map(({ asOfMs }) => asOfMs),
          beats.map(({ asOfMs }) => asOfMs).sort((a, b) => a - b),
        );
      }),
    );

    for (const fault of faults) {
      test(
        `knows nothing, and removes nobody, with its source ${fault}`,
        inWorld(async (world, _clock, members) => {
          const { strike, mend, reasons } = world.faults[fault] ?? {};
          assert.ok(strike !== undefined && mend !== undefined && reasons !== undefined);
          const said = (update: AuthorityUpdate | Awaited<ReturnType<Authority['snapshot']>>): void => {
            assert.equal(update.kind, 'unknown');
            if (update.kind !== 'unknown') return;
            assert.ok(reasons.includes(update.reason), `${update.reason}: ${update.text}`);
            assert.match(update.text, /^\P{Ll}[\s\S]{15,}[.?!]$/u);
            assert.deepEqual(
              world.secrets.filter((secret) => update.text.includes(secret)),
              [],
            );
          };
          await world.write([ADA, BEN, CLEO]);
          const watcher = startWatch(world, [ADA, BEN, CLEO]);
          await watcher.shows(members([ADA, BEN, CLEO]));
          const before = watcher.updates.length;

          await strike();
          const lost = await watcher.next(before, ({ kind }) => kind === 'unknown');
          said(lost);
          said(await world.authority.snapshot());
          const one = await world.authority.member({ iss: world.issuer, sub: 'ada' });
          assert.equal(one.kind, 'unknown');
          assert.deepEqual(watcher.removed, []);
          assert.deepEqual(normal(watcher.members), members([ADA, BEN, CLEO]));

          await mend();
          const after = [changed(ADA, { groups: [] }), CLEO];
          await world.write(after);
          await watcher.shows(members(after));
          const since = watcher.updates.slice(before).filter(({ kind }) => kind !== 'heartbeat');
          // After a break nobody can say what was missed: all of it is said anew, or that it has to be asked.
          if (names(world)) {
            const lastUnknown = since.findLastIndex(({ kind }) => kind === 'unknown');
            assert.ok(['snapshot', 'gap'].includes(since[lastUnknown + 1]?.kind ?? 'nothing'));
          }
          await watcher.stop();
        }),
      );
    }

    test(
      'ends its watch with the signal, and lets go of everything when closed',
      inWorld(async (world, clock, members) => {
        await world.write([ADA]);
        const watcher = startWatch(world, [ADA]);
        await watcher.shows(members([ADA]));
        await watcher.stop();
        await world.authority.close();
        await world.authority.close();
        await waitUntil(() => clock.pending === 0, { what: 'no timer to be left' });
        const seen = watcher.updates.length;
        await world.write([ADA, BEN]);
        assert.equal(watcher.updates.length, seen);
      }),
    );
  });
}
