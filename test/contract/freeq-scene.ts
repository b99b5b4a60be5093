import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { BridgeWorld, CHANNEL, type WorldOptions } from '../fakes/freeq/bridge-world.ts';
import { makeKeyHolder } from '../fakes/freeq/did-key.ts';
import { FreeqPerson, type PersonOptions } from '../fakes/freeq/person.ts';
import { ScriptedPeer } from '../fakes/freeq/scripted-peer.ts';
import type { FreeqOptions, FreeqServer } from '../fakes/freeq/server.ts';
import { type OpenStage, realStage, type ScriptedStage, scriptedStage } from '../servers/freeq-stage.ts';
import { makeTempDir } from '../servers/temp-dir.ts';

/** A freeq server or two, our bridge on the first, and whoever comes. Everything ends with the test. */
export class Scene {
  readonly dir = makeTempDir('freeq-client');
  readonly #t: TestContext;
  readonly stage: OpenStage;

  constructor(t: TestContext, stage: OpenStage) {
    this.#t = t;
    this.stage = stage;
    t.after(() => stage.close());
  }

  /** Up and in the channel. */
  async bridge(options: Partial<WorldOptions> = {}): Promise<BridgeWorld> {
    const keys = mkdtempSync(join(this.dir, 'keys-'));
    const world = await BridgeWorld.start({ port: this.stage.ports.A ?? 0, keys, ...options });
    this.#t.after(() => world.stop());
    return world;
  }

  /** In the channel. @param nick `bob@B`: at the second server */
  async person(nick: string, options: Partial<PersonOptions> & { readonly guest?: true } = {}): Promise<FreeqPerson> {
    const [name = '', letter = 'A'] = nick.split('@');
    const { guest, ...rest } = options;
    const person = await FreeqPerson.connect(this.stage.ports[letter] ?? 0, {
      nick: name,
      channels: [CHANNEL],
      ...(guest === true ? {} : { key: makeKeyHolder() }),
      ...rest,
    });
    this.#t.after(() => person.vanish());
    return person;
  }

  /** The scripted server, for what no real one does to order. */
  get server(): FreeqServer {
    return this.#scripted.server;
  }

  peer(name: string): ScriptedPeer {
    return ScriptedPeer.on(this.server, name);
  }

  get #scripted(): ScriptedStage {
    if (!('server' in this.stage)) throw new Error('only on the scripted server');
    return this.stage as ScriptedStage;
  }
}

/** `both`: the same test on the scripted server and on a real one. `pair`: two that are linked. */
export type Where = 'both' | 'pair' | 'scripted';

export const scriptedScene = async (t: TestContext, where: Where, options?: FreeqOptions): Promise<Scene> =>
  new Scene(t, await scriptedStage(where === 'pair', options));

/** A string says why there is none. */
export async function realScene(t: TestContext, where: Where): Promise<Scene | string> {
  const stage = await realStage(makeTempDir('freeq-real'), where === 'pair');
  return typeof stage === 'string' ? stage : new Scene(t, stage);
}

/** One of the behaviours of freeq-client.test.ts, on the scripted server and, but for `scripted`, on a real one as well. */
export function behaves(
  numbers: readonly number[],
  how: string,
  where: Where,
  run: (scene: Scene) => Promise<void>,
): void {
  const title = `${numbers.join(', ')}: ${how}`;
  test(title, { timeout: 60_000 }, async (t) => run(await scriptedScene(t, where)));
  if (where === 'scripted') return;
  test(`${title} (real server)`, { timeout: 90_000 }, async (t) => {
    const scene = await realScene(t, where);
    if (typeof scene === 'string') t.skip(scene);
    else await run(scene);
  });
}

const MARK = 'coop.causeway.bridged';
type Marked = { readonly content: Readonly<Record<string, unknown>> };
/** What every bridged event says of where it comes from. */
export const markOf = ({ content }: Marked): Record<string, unknown> => content[MARK] as Record<string, unknown>;

/** What a message says: of an edit, what it says now. */
export function textOf({ content }: Marked): string {
  const edited = content['m.new_content'] as { readonly body?: unknown } | undefined;
  return String(edited?.body ?? content.body);
}

export const redactionOf = ({ events }: BridgeWorld, eventId: string) =>
  events.find(({ type, content }) => type === 'm.room.redaction' && content.redacts === eventId);
