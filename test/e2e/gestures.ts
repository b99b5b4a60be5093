import { setTimeout as delay } from 'node:timers/promises';
import { type MatrixUser, USUAL_CAPS } from '../servers/people.ts';
import type { Allowances, Try, Turn, Undone } from './deeds/deeds.ts';
import { DeedsInPrivate } from './deeds/in-private.ts';
import { CORNER, DeedsInTheCorner } from './deeds/in-the-corner.ts';
import { DeedsOnIrc } from './deeds/on-irc.ts';
import { DeedsOnMatrix } from './deeds/on-matrix.ts';
import { standingIn } from './deeds/standing.ts';
import { registerAccount } from './irc-account.ts';
import { IrcPerson } from './irc-person.ts';
import type { Shard } from './shard.ts';

export { type Allowances, BROKEN_OFF } from './deeds/deeds.ts';
export { CORNER };

const IRC = 'wren';
const PASSWORD = 'wren-keeps-a-secret';

type Parts = {
  readonly onMatrix: DeedsOnMatrix;
  readonly onIrc: DeedsOnIrc;
  readonly inPrivate: DeedsInPrivate;
  readonly inTheCorner: DeedsInTheCorner;
};

/**
 * Two people beside those who talk in numbered lines, who do everything else that crosses: in the channel, in private, and in a corner that
 * they moderate. Each thing has a mark of its own, and is counted on the other side by what stands there in the end.
 */
export class Gestures {
  readonly #shard: Shard;
  readonly #room: string;
  readonly #alice: MatrixUser;
  readonly #wren: IrcPerson;
  readonly #parts: Parts;
  /** Short tests do not get through all there is: each begins elsewhere. */
  readonly #from: number;
  #on = false;
  #running: Promise<unknown> = Promise.resolve();

  private constructor(shard: Shard, room: string, alice: MatrixUser, wren: IrcPerson, parts: Parts, from: number) {
    this.#shard = shard;
    this.#room = room;
    this.#alice = alice;
    this.#wren = wren;
    this.#parts = parts;
    this.#from = from;
  }

  /** @param name of the conversation. @param alice somebody on Matrix who is in both rooms. @param attempt tries as a client does while the homeserver is away */
  static async begin(name: string, shard: Shard, channel: string, alice: MatrixUser, attempt: Try): Promise<Gestures> {
    const caps = [...USUAL_CAPS, 'draft/message-redaction', 'draft/multiline'];
    const wren = new IrcPerson(shard.ircPort, IRC, channel, { caps, channels: [channel, CORNER] });
    await wren.connect();
    // Only whoever is logged in may delete what they said, on Ergo.
    await registerAccount(wren.connection, PASSWORD);
    wren.logsInAs({ account: IRC, password: PASSWORD });
    const room = shard.room(channel);
    await giveTopics(shard, channel, room, alice);
    const began = 'wren says something to react to';
    await wren.say(began);
    await alice.waitFor(({ content }) => content.body === began);
    const root = await alice.send(room, 'alice begins');
    const line = await wren.connection.waitFor(({ params }) => params[1] === 'alice begins', { what: 'alice on IRC' });
    const pair = { alice, wren, nick: line.nick, account: line.tags.account };
    const from = [...name].reduce((sum, letter) => sum + letter.charCodeAt(0), 1);
    const parts = {
      onMatrix: new DeedsOnMatrix(alice, room, root, attempt, from),
      onIrc: new DeedsOnIrc(wren, wren.msgidOf(began) ?? ''),
      inPrivate: await DeedsInPrivate.begin(pair, attempt, shard.bot()),
      inTheCorner: await DeedsInTheCorner.begin(shard, pair, attempt),
    };
    return new Gestures(shard, room, alice, wren, parts, from);
  }

  /** How long the one on IRC needs to come back once the server takes connections again. */
  comesBackAfterMs(ms: number): void {
    this.#wren.comesBackAfterMs = ms;
  }

  /** Each of the two does one thing at a time. */
  start(everyMs: number): void {
    this.#on = true;
    const goes = async (deeds: readonly Turn[]): Promise<void> => {
      for (let n = this.#from; this.#on; n++) {
        await deeds[n % deeds.length]?.(n);
        await delay(everyMs);
      }
    };
    const { onMatrix, onIrc, inPrivate, inTheCorner } = this.#parts;
    const matrix = byTurns([onMatrix.turns, inPrivate.ofMatrix, inTheCorner.ofMatrix]);
    const irc = byTurns([onIrc.turns, inPrivate.ofIrc, inTheCorner.ofIrc]);
    this.#running = Promise.all([matrix, irc].map(goes));
  }

  async stop(): Promise<void> {
    this.#on = false;
    await this.#running;
  }

  async leave(): Promise<void> {
    await Promise.all([this.#wren.stop(), this.#parts.inTheCorner.leave()]);
  }

  /** Waits until everything is where it belongs, or no longer, and says what is not. @param reader sees the channel */
  async verdict(reader: IrcPerson, allowed: Allowances, timeoutMs: number): Promise<Undone> {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const undone = await this.#look(reader, allowed);
      const isDone = Object.values(undone).every((some) => some.length === 0);
      if (isDone || performance.now() > deadline) return undone;
      await delay(LOOK_EVERY_MS);
    }
  }

  async #look(reader: IrcPerson, allowed: Allowances): Promise<Undone> {
    const undone: Undone = { missing: [], doubled: [], left: [] };
    const { onMatrix, onIrc, inPrivate, inTheCorner } = this.#parts;
    const standing = (room: string) => standingIn(room, this.#shard.bot(), this.#alice.events);
    const [inRoom, alone] = await Promise.all([standing(this.#room), standing(inPrivate.room)]);
    await onMatrix.look(undone, reader, allowed);
    onIrc.look(undone, inRoom, allowed);
    inPrivate.look(undone, alone, allowed);
    await inTheCorner.look(undone, allowed);
    return undone;
  }
}

/** The one on Matrix may set the topic, in the room and in the channel. */
async function giveTopics(shard: Shard, channel: string, room: string, { userId }: MatrixUser): Promise<void> {
  if (shard.ergo !== undefined) {
    const operator = await shard.ircUser('operator-of-topics');
    operator.sendLine(`OPER ${shard.ergo.oper.name} ${shard.ergo.oper.password}`);
    operator.sendLine(`SAMODE ${channel} -t`);
    await operator.flush();
    await operator.quit();
  }
  const levels = await shard.bot().state(room, 'm.room.power_levels');
  await shard.bot().setState(room, 'm.room.power_levels', '', { ...levels, users: { [userId]: 50 } });
}

/** One of each list after the other, until the longest is through. */
const byTurns = (lists: readonly (readonly Turn[])[]): readonly Turn[] =>
  Array.from({ length: Math.max(...lists.map(({ length }) => length)) }, (_, i) =>
    lists.flatMap((list) => list[i % list.length] ?? []),
  ).flat();

/** Reading whole rooms costs the homeserver something. */
const LOOK_EVERY_MS = 1_500;
