import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { makeKeyHolder } from '../../fakes/freeq/did-key.ts';
import { FreeqPerson, type PersonOptions } from '../../fakes/freeq/person.ts';
import { type FreeqOptions, FreeqServer } from '../../fakes/freeq/server.ts';
import { type Memory, NetworkWorld, type Settings } from '../../fakes/network-world.ts';
import { makeTempDir } from '../../servers/temp-dir.ts';

export type FreeqWorld = {
  readonly server: FreeqServer;
  readonly world: NetworkWorld;
  readonly keys: string;
  /** Somebody with a did:key of their own, in the channel. */
  person(nick: string, options?: Partial<PersonOptions>): Promise<FreeqPerson>;
  /** Somebody without an identity, in the channel. */
  guest(nick: string): Promise<FreeqPerson>;
  /** Another process on what this one left. */
  again(memory?: Memory): NetworkWorld;
};

export type FreeqSettings = Omit<Settings, 'port'> & {
  readonly login?: 'key' | 'guest';
  readonly server?: FreeqOptions;
};

/** A scripted server, and our network adapter on it. */
export async function freeqWorld(t: TestContext, settings: FreeqSettings = {}): Promise<FreeqWorld> {
  const { login = 'key', server: options, config = {}, ...more } = settings;
  const server = await FreeqServer.start(options);
  const keys = join(makeTempDir('freeq'), 'keys');
  const worlds: NetworkWorld[] = [];
  const open = (memory?: Memory): NetworkWorld => {
    const world = new NetworkWorld({
      port: server.ports.irc,
      ...more,
      ...(memory !== undefined && { memory }),
      config: { kind: 'freeq', freeq: { login, keys }, ...config },
    });
    worlds.push(world);
    return world;
  };
  const people: FreeqPerson[] = [];
  t.after(async () => {
    await Promise.all(worlds.map(({ network }) => network.stop('bye')));
    for (const person of people) person.vanish();
    await server.stop();
  });
  const connect = async (personOptions: PersonOptions): Promise<FreeqPerson> => {
    const person = await FreeqPerson.connect(server.ports.irc, { channels: ['#commons'], ...personOptions });
    people.push(person);
    return person;
  };
  return {
    server,
    world: open(),
    keys,
    person: (nick, personOptions) => connect({ nick, key: makeKeyHolder(), ...personOptions }),
    guest: (nick) => connect({ nick }),
    again: open,
  };
}
