import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { type ActualRoom, readRoom } from '../../src/core/room/actual-room.ts';
import { type LayoutInput, layout, type ManagedRoom } from '../../src/core/room/layout.ts';
import { MANAGED_MARK } from '../../src/core/room/managed-mark.ts';
import { portalPowerLevels } from '../../src/core/room/portal-room.ts';
import { planPowers } from '../../src/core/room/power-plan.ts';
import { planState } from '../../src/core/room/state-plan.ts';
import { MatrixUser } from '../../src/sandbox/people/matrix-user.ts';
import { makeWorld, okOf, SERVER } from './matrix-world.ts';

const { homeserver, dendrite } = await makeWorld('matrix-layout');
const BOT = homeserver.botId;

type Groups = NonNullable<LayoutInput['cooperative']>['groups'];
const GARDEN = { id: 'garden', name: 'Garden group', state: 'active', hidden: false } as const;
const BEES = { id: 'bees', name: 'Bees', parent: 'garden', state: 'active', hidden: false } as const;

/** A cooperative with its rooms on the real server, kept by the plans alone. */
class Cooperative {
  readonly rooms = new Map<string, string>();
  readonly #suffix: string;
  readonly #version: string;
  #wanted: readonly ManagedRoom[] = [];

  constructor(suffix: string, version: string) {
    this.#suffix = suffix;
    this.#version = version;
  }

  configure(groups: Groups, gardenChannel: Partial<LayoutInput['channels'][number]> = {}): void {
    const at = (name: string): string => `#${name}-${this.#suffix}`;
    this.#wanted = layout({
      serverName: SERVER,
      cooperative: {
        name: 'Willow',
        space: at('willow'),
        lobby: at('lobby'),
        adminRoom: at('admin'),
        servers: ['elm.example'],
        groups,
      },
      hasAuthority: true,
      channels: [
        { network: 'home', channel: '#commons', room: at('commons'), join: 'restricted', require: 'none' },
        { network: 'home', channel: '#news', room: at('news'), join: 'restricted', federate: true },
        {
          network: 'home',
          channel: '#garden',
          room: at('garden'),
          join: 'restricted',
          group: 'garden',
          ...gardenChannel,
        },
      ],
    });
  }

  wanted(id: string): ManagedRoom {
    const found = this.#wanted.find((room) => room.id === id);
    assert.ok(found, id);
    return found;
  }

  async read(id: string): Promise<ActualRoom> {
    const roomId = this.rooms.get(id) ?? '';
    return readRoom(roomId, okOf(await homeserver.state(roomId)));
  }

  async make(): Promise<void> {
    for (const { id, kind, alias, name, federate, join } of this.#wanted) {
      if (this.rooms.has(id)) continue;
      const room = okOf(
        await homeserver.createRoom({
          name,
          preset: join.rule === 'public' ? 'public_chat' : 'private_chat',
          roomVersion: this.#version,
          initialState: [],
          powerLevels: portalPowerLevels(BOT, this.#version),
          creationContent: { ...(kind === 'space' ? { type: 'm.space' } : {}), 'm.federate': federate },
        }),
      );
      okOf(await homeserver.createAlias(alias, room));
      this.rooms.set(id, room);
    }
  }

  /** Writes what the plans say, once for each room. @returns what was written, as `room: type` */
  async keep(): Promise<string[]> {
    const actual = new Map<string, ActualRoom>();
    for (const { id } of this.#wanted) actual.set(id, await this.read(id));
    const written: string[] = [];
    for (const wanted of this.#wanted) {
      const room = actual.get(wanted.id);
      assert.ok(room);
      const writes = planState({
        room,
        wanted,
        layout: this.#wanted,
        roomIdOf: (id) => this.rooms.get(id),
        known: (id) => actual.get(id),
        serverName: SERVER,
        botId: BOT,
      });
      for (const { type, state_key, content } of writes) {
        okOf(await homeserver.sendState(BOT, room.roomId, type, state_key, content));
        written.push(`${wanted.id}: ${type}`);
      }
      const powers = planPowers({
        room,
        botId: BOT,
        wanted: new Map(),
        isManaged: () => false,
        readOnly: wanted.readOnly,
      });
      if (powers === undefined) continue;
      okOf(await homeserver.sendState(BOT, room.roomId, 'm.room.power_levels', '', powers));
      written.push(`${wanted.id}: m.room.power_levels`);
    }
    return written;
  }

  /** Names as a client shows the Space, in its order. */
  async seenBy(user: MatrixUser): Promise<string[]> {
    const space = encodeURIComponent(this.rooms.get('space:coop') ?? '');
    type Summary = {
      room_id: string;
      name: string;
      children_state: { state_key: string; content: { order?: string } }[];
    };
    const answer = await user.request('GET', `/v1/rooms/${space}/hierarchy`);
    const rooms = new Map((answer.rooms as Summary[]).map((room) => [room.room_id, room]));
    const names = (id: string): string[] => {
      const children = rooms.get(id)?.children_state ?? [];
      const sorted = children.toSorted((a, b) => ((a.content.order ?? '~') < (b.content.order ?? '~') ? -1 : 1));
      return sorted.flatMap(({ state_key }) => [rooms.get(state_key)?.name ?? '?', ...names(state_key)]);
    };
    return names(this.rooms.get('space:coop') ?? '');
  }
}

for (const version of ['10', '11', '12'])
  describe(`a cooperative with rooms of version ${version}`, () => {
    const coop = new Cooperative(`v${version}`, version);
    let alice: MatrixUser;
    const drift = (id: string, type: string, content: object, key = '') =>
      homeserver.sendState(BOT, coop.rooms.get(id) ?? '', type, key, content).then(okOf);

    before(async () => {
      await dendrite.register(`alice${version}`, 'alice-has-a-password');
      alice = await MatrixUser.login(dendrite.url, `alice${version}`, 'alice-has-a-password');
      coop.configure([GARDEN, BEES]);
      await coop.make();
    });

    test('is put in order once, and then there is nothing to write (invariant 6)', async () => {
      assert.ok((await coop.keep()).length > 10);
      assert.deepEqual(await coop.keep(), []);
    });

    test('is a Space with its groups’ Spaces, rooms in their order, as its members see it', async () => {
      for (const id of ['space:coop', 'space:garden', 'space:bees', 'room:admin']) {
        okOf(await homeserver.invite(BOT, coop.rooms.get(id) ?? '', alice.userId));
        await alice.join(coop.rooms.get(id) ?? '');
      }
      assert.deepEqual(await coop.seenBy(alice), [
        'Willow: lobby',
        'Garden group',
        'Bees',
        '#garden',
        '#commons',
        '#news',
        'Willow: administration',
      ]);
      await alice.join(coop.rooms.get('channel:home/#garden') ?? '');
    });

    test('has its doors put right when somebody opens them (invariants 9, 37)', async () => {
      await drift('channel:home/#garden', 'm.room.join_rules', { join_rule: 'public' });
      await drift('channel:home/#garden', 'm.room.guest_access', { guest_access: 'can_join' });
      await drift('space:garden', 'm.room.join_rules', { join_rule: 'public' });
      await drift('channel:home/#news', 'm.room.server_acl', { allow: ['*'], deny: [], allow_ip_literals: true });
      await drift('space:coop', 'm.space.child', {}, coop.rooms.get('space:garden'));
      assert.deepEqual((await coop.keep()).toSorted(), [
        'channel:home/#garden: m.room.guest_access',
        'channel:home/#garden: m.room.join_rules',
        'channel:home/#news: m.room.server_acl',
        'space:coop: m.space.child',
        'space:garden: m.room.join_rules',
      ]);
      assert.deepEqual((await coop.read('channel:home/#news')).serverAcl, {
        allow: [SERVER, 'elm.example'],
        deny: [],
        allowIpLiterals: false,
      });
      assert.deepEqual(await coop.keep(), []);
    });

    test('leaves alone what others link (invariant 10)', async () => {
      const theirs = { via: ['oak.example'], order: 'x' };
      await drift('space:coop', 'm.space.child', theirs, '!theirs:oak.example');
      assert.deepEqual(await coop.keep(), []);
      assert.deepEqual((await coop.read('space:coop')).children.get('!theirs:oak.example')?.raw, theirs);
    });

    test('unlinks at both ends what moves, and a Space that is hidden (invariant 36)', async () => {
      const id = 'channel:home/#garden';
      coop.configure([GARDEN, { ...BEES, hidden: true }], { group: undefined });
      assert.deepEqual((await coop.keep()).toSorted(), [
        `${id}: m.room.join_rules`,
        `${id}: m.space.parent`,
        `${id}: m.space.parent`,
        'space:bees: m.space.parent',
        'space:coop: m.space.child',
        'space:garden: m.space.child',
        'space:garden: m.space.child',
      ]);
      assert.deepEqual([...(await coop.read('space:garden')).children.keys()], []);
      assert.deepEqual([...(await coop.read(id)).parents.keys()], [coop.rooms.get('space:coop')]);
      assert.equal((await coop.read('space:coop')).children.get(coop.rooms.get(id) ?? '')?.raw[MANAGED_MARK], true);
      assert.deepEqual(await coop.keep(), []);
      coop.configure([GARDEN, BEES]);
      assert.ok((await coop.keep()).length > 0);
      assert.deepEqual(await coop.keep(), []);
    });

    test('lets a sleeping group read and not speak', async () => {
      coop.configure([{ ...GARDEN, state: 'hibernating' }, BEES]);
      assert.deepEqual(await coop.keep(), ['channel:home/#garden: m.room.power_levels']);
      assert.deepEqual(await coop.keep(), []);
      await assert.rejects(alice.send(coop.rooms.get('channel:home/#garden') ?? '', 'anybody?'), /403/);
      coop.configure([GARDEN, BEES]);
      assert.deepEqual(await coop.keep(), ['channel:home/#garden: m.room.power_levels']);
      await alice.send(coop.rooms.get('channel:home/#garden') ?? '', 'awake');
    });
  });
