import assert from 'node:assert/strict';
import type { CommandAnswer } from '../../../src/ports/commands.ts';
import type { RosterEntry } from '../../../src/ports/network.ts';
import { BOT } from '../../fakes/fake-homeserver.ts';
import { CHANNEL, FakeWorld } from '../../fakes/fake-world.ts';

/** A running bridge, nobody asked who is a member, with ways to ask it. */
export async function commandWorld(members: readonly RosterEntry[] = []) {
  const world = await FakeWorld.make();
  const begin = async (): Promise<void> => {
    await world.start();
    await world.clock.until('the bridge runs', () => world.network.sink !== undefined && world.bridge !== undefined);
    await world.clock.pass(5_000);
    world.network.sink?.roster(CHANNEL, { kind: 'list', members });
  };
  await begin();
  const answers = () =>
    world.events
      .filter(({ sender, type }) => sender === BOT && type === 'm.room.message')
      .map(({ content }) => content);
  return {
    world,
    answers,
    /** The program dies and starts again; the same people are in the channel. */
    restart: async (): Promise<void> => {
      world.kill();
      await begin();
    },
    /** Somebody asks in the room of the channel. @returns the answer */
    asks: async (userId: string, text: string): Promise<string> => {
      const before = answers().length;
      world.homeserver.happen(world.room, userId, 'm.room.message', { msgtype: 'm.text', body: text });
      await world.clock.until('an answer', () => answers().length > before);
      return String(answers().at(-1)?.body);
    },
    /** Somebody asks on the command line. */
    asksAtTerminal: async (...words: string[]): Promise<CommandAnswer> => {
      let answer: CommandAnswer | undefined;
      void world.bridge?.commands.ask(words, 'command line (root)').then((said) => {
        answer = said;
      });
      await world.clock.until('an answer', () => answer !== undefined);
      assert.ok(answer !== undefined);
      return answer;
    },
    /** Somebody asks the bot on the network. */
    asksBot: async (source: RosterEntry, text: string): Promise<string> => {
      const asked = world.network.sink?.asked(source, text);
      let answer: string | undefined;
      void asked?.then((said) => {
        answer = said;
      });
      await world.clock.until('an answer', () => answer !== undefined);
      return String(answer);
    },
  };
}
