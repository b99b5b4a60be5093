import { isVisit, parseCommand } from '../../core/commands/parse-command.ts';
import type { MatrixEvent } from '../../core/events.ts';
import type { NetworkId } from '../../core/ids.ts';
import type { Clock } from '../../ports/clock.ts';
import type { CommandAnswer, CommandSource } from '../../ports/commands.ts';
import type { RosterEntry } from '../../ports/network.ts';
import type { Say } from '../admission/say.ts';
import { answerCommand } from './answer-command.ts';
import type { Answering } from './answering.ts';
import { HereCommands, type HereParts } from './here-commands.ts';

export type AskedParts = Omit<Answering, 'here'> & HereParts;

/** Answers what people ask of the bridge itself: commands, and reactions to what it announced. */
export class Asked implements CommandSource {
  readonly #from: Answering;
  readonly #say: Say;
  readonly #clock: Clock;

  constructor(parts: AskedParts) {
    this.#from = { ...parts, here: new HereCommands(parts) };
    this.#say = parts.enforcement.say;
    this.#clock = parts.kit.clock;
  }

  /** Somebody said it in a room. */
  async inRoom(event: MatrixEvent): Promise<void> {
    const answer = await this.#answer(event);
    if (answer === undefined) return;
    const isLeft = isVisit(event) && !(await this.#from.enforcement.visiting.forgetMessage(event));
    const replyTo = { eventId: event.event_id, userId: event.sender };
    await this.#say.inRoom(event.room_id, isLeft ? `${answer} ${LEFT}` : answer, `answer|${event.event_id}`, replyTo);
  }

  /** Somebody said it to the bot on a network. @returns what the bot answers there */
  async onNetwork(network: NetworkId, source: RosterEntry, text: string): Promise<string> {
    const asker = { kind: 'network', network, ...source } as const;
    const command = parseCommand(text, true) ?? { name: 'help', words: [] };
    return this.#inTime(answerCommand(this.#from, asker, command));
  }

  /** Somebody typed it on the command line. */
  ask([name = 'help', ...words]: readonly string[], by: string): Promise<CommandAnswer> {
    return answerCommand(this.#from, { kind: 'terminal', name: by }, { name: name.toLowerCase(), words });
  }

  async #answer(event: MatrixEvent): Promise<string | undefined> {
    const { body } = event.content;
    if (event.type === 'm.reaction') return this.#reaction(event);
    const command = typeof body === 'string' ? parseCommand(body) : undefined;
    const replyTo = answered(event);
    const asker = {
      kind: 'matrix',
      userId: event.sender,
      room: event.room_id,
      ...(replyTo === undefined ? {} : { replyTo }),
    } as const;
    return command === undefined ? undefined : this.#inTime(answerCommand(this.#from, asker, command));
  }

  /** Whoever asks is told, and nobody's place is held, though an answer never comes. */
  async #inTime(answer: Promise<CommandAnswer>): Promise<string> {
    const late = Promise.withResolvers<CommandAnswer>();
    const cancel = this.#clock.after(ANSWER_MS, () => late.resolve({ ok: false, text: LATE }));
    try {
      return (await Promise.race([answer, late.promise])).text;
    } finally {
      cancel();
    }
  }

  async #reaction({ content, sender }: MatrixEvent): Promise<string | undefined> {
    const relates = content['m.relates_to'];
    if (typeof relates !== 'object' || relates === null) return undefined;
    const { event_id: eventId, key } = relates as Record<string, unknown>;
    if (typeof eventId !== 'string' || typeof key !== 'string') return undefined;
    return this.#from.enforcement.requests.reacted(key, sender, eventId);
  }
}

/** Event that a message is a reply to. */
function answered({ content }: MatrixEvent): string | undefined {
  const relates = content['m.relates_to'];
  const reply = typeof relates === 'object' && relates !== null ? (relates as Record<string, unknown>) : {};
  const to = reply['m.in_reply_to'];
  const eventId = typeof to === 'object' && to !== null ? (to as Record<string, unknown>).event_id : undefined;
  return typeof eventId === 'string' ? eventId : undefined;
}

const ANSWER_MS = 60_000;
const LATE =
  'There is no answer after a minute. What you asked may be done yet; look before you ask again, and tell an admin if it stays so.';
const LEFT = 'The bot may not remove your message here: delete it yourself, since it holds the assertion.';
