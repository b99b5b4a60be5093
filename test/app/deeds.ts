import assert from 'node:assert/strict';
import type { MatrixEvent, NetworkDeletion, NetworkMessage, NetworkReaction } from '../../src/core/events.ts';
import { keyFromMsgid, type MessageKey } from '../../src/core/ids.ts';
import type { FakeWorld } from '../fakes/fake-world.ts';

export type Kind = 'line' | 'answer' | 'reaction' | 'unreact' | 'edit' | 'deletion';

type Line = {
  readonly text: string;
  readonly who: number;
  /** Of the message on its network, or of the event. */
  readonly id: string;
  isGone: boolean;
  isEdited: boolean;
  /** The line whose text it replaces. */
  readonly edits?: Line;
};

type Reaction = {
  readonly text: string;
  readonly who: number;
  readonly target: Line;
  readonly id: string;
  isBack: boolean;
};

type Said = { readonly lines: Line[]; readonly reactions: Reaction[] };

const nickOf = (who: number): string => `nick${who}`;
const userOf = (who: number): string => `@p${who}:willow.example`;

/** What people of both sides do, each thing with a text of its own, and what has to stand on the other side in the end. */
export class Deeds {
  readonly #world: FakeWorld;
  readonly #irc: Said = { lines: [], reactions: [] };
  readonly #matrix: Said = { lines: [], reactions: [] };

  constructor(world: FakeWorld) {
    this.#world = world;
  }

  does(step: { readonly side: 'irc' | 'matrix'; readonly kind: Kind; readonly who: number }, index: number): void {
    const said = step.side === 'irc' ? this.#irc : this.#matrix;
    const last = said.lines.findLast(({ isGone, edits }) => !isGone && edits === undefined);
    const text = `${step.side} ${index}`;
    const kind = last === undefined ? 'line' : step.kind;
    if (kind === 'unreact') {
      const reaction = said.reactions.findLast(({ isBack }) => !isBack);
      if (reaction === undefined) return;
      reaction.isBack = true;
      if (step.side === 'irc') this.#reactsOnIrc(reaction, true);
      else this.#happens(reaction.who, 'm.room.redaction', { redacts: reaction.id });
    } else if (kind === 'reaction' && last !== undefined) this.#reacts(step, said, last, text);
    else if (kind === 'deletion' && last !== undefined) this.#deletes(step.side, last);
    else this.#says(step, said, last, kind, text);
  }

  #says(
    { side, who: talker }: { readonly side: 'irc' | 'matrix'; readonly who: number },
    said: Said,
    last: Line | undefined,
    kind: Kind,
    text: string,
  ): void {
    const edits = kind === 'edit' ? last : undefined;
    // Only whoever said it edits it.
    const who = edits?.who ?? talker;
    const answered = kind === 'answer' ? last : undefined;
    const id =
      side === 'irc'
        ? this.#world.onIrcAlso<NetworkMessage>(nickOf(who), {
            ...{ kind: 'message', style: 'text', lines: [text] },
            ...(answered !== undefined && { replyTo: answered.id as MessageKey }),
            ...(edits !== undefined && { edits: edits.id as MessageKey }),
          }).key
        : this.#happens(who, 'm.room.message', {
            ...{ msgtype: 'm.text', body: edits === undefined ? text : `* ${text}` },
            ...(answered !== undefined && { 'm.relates_to': { 'm.in_reply_to': { event_id: answered.id } } }),
            ...(edits !== undefined && {
              'm.new_content': { msgtype: 'm.text', body: text },
              'm.relates_to': { rel_type: 'm.replace', event_id: edits.id },
            }),
          }).event_id;
    if (edits !== undefined) edits.isEdited = true;
    said.lines.push({ text, who, id, isGone: false, isEdited: false, ...(edits !== undefined && { edits }) });
  }

  #reacts(
    { side, who }: { readonly side: 'irc' | 'matrix'; readonly who: number },
    said: Said,
    target: Line,
    text: string,
  ) {
    const reaction: Reaction = { text, who, target, id: '', isBack: false };
    if (side === 'irc') this.#reactsOnIrc(reaction, false);
    const relates = { rel_type: 'm.annotation', event_id: target.id, key: text };
    const id = side === 'irc' ? '' : this.#happens(who, 'm.reaction', { 'm.relates_to': relates }).event_id;
    said.reactions.push({ ...reaction, id });
  }

  #reactsOnIrc({ who, target, text }: Reaction, removed: boolean): void {
    const more = { target: target.id as MessageKey, emoji: text, removed };
    this.#world.onIrcAlso<NetworkReaction>(nickOf(who), { kind: 'reaction', ...more });
  }

  #deletes(side: 'irc' | 'matrix', line: Line): void {
    line.isGone = true;
    if (side === 'matrix') this.#happens(line.who, 'm.room.redaction', { redacts: line.id });
    else
      this.#world.onIrcAlso<NetworkDeletion>(nickOf(line.who), {
        ...{ kind: 'deletion', target: line.id as MessageKey, reason: '' },
      });
  }

  #happens(who: number, type: string, content: Record<string, unknown>): MatrixEvent {
    return this.#world.homeserver.happen(this.#world.room, userOf(who), type, content);
  }

  assertDone(): void {
    assert.deepEqual(
      {
        toMatrix: this.#onMatrix(),
        toIrc: this.#onIrc(),
        onMatrix: this.#ghostsReactions(),
        onIrc: this.#puppetsReactions(),
      },
      { toMatrix: [], toIrc: [], onMatrix: [], onIrc: [] },
    );
  }

  /** What is wrong with the lines of IRC in the room. */
  #onMatrix(): string[] {
    const { events } = this.#world.homeserver.room(this.#world.room);
    const redacted = this.#redacted();
    const shown = events
      .filter(({ type, sender }) => type === 'm.room.message' && sender.startsWith('@_causeway_home_'))
      .map((event) => ({
        isGone: redacted.has(event.event_id),
        texts: String(event.content.body).replace(/^\* /, '').split('\n'),
      }));
    const lost = new Set(
      shown.flatMap(({ isGone, texts }) =>
        isGone && this.#irc.lines.some((line) => line.isGone && texts.includes(line.text)) ? texts : [],
      ),
    );
    return wrong(
      this.#irc.lines,
      shown.flatMap(({ texts }) => texts),
      shown.flatMap(({ isGone, texts }) => (isGone ? [] : texts)),
      // A line that went into one event with others goes with them, and what changes it changes nothing then.
      ({ text, edits }) => lost.has(text) || (edits !== undefined && (edits.isGone || lost.has(edits.text))),
    );
  }

  #onIrc(): string[] {
    const { said, gestures } = this.#world.network;
    const deleted = new Set(gestures.flatMap((gesture) => / redact (\S+)/.exec(gesture)?.[1] ?? []));
    const isDeleted = ({ id }: { readonly id: string }): boolean => deleted.has(keyFromMsgid(`said-${id}`));
    return wrong(
      this.#matrix.lines,
      said.map(({ text }) => text),
      said.filter((line) => !isDeleted(line)).map(({ text }) => text),
      // A network with edits shows of what was deleted no version.
      ({ edits }) => edits?.isGone === true,
    );
  }

  #redacted(): ReadonlySet<unknown> {
    const { events } = this.#world.homeserver.room(this.#world.room);
    return new Set(events.flatMap(({ type, content }) => (type === 'm.room.redaction' ? [content.redacts] : [])));
  }

  #ghostsReactions(): string[] {
    const redacted = this.#redacted();
    const { events } = this.#world.homeserver.room(this.#world.room);
    const given = events.filter(({ type, sender }) => type === 'm.reaction' && sender.startsWith('@_causeway_'));
    const keyOf = ({ content }: MatrixEvent) => (content['m.relates_to'] as { readonly key: string }).key;
    const hidden = new Set(this.#onMatrixHidden());
    return this.#irc.reactions.flatMap(({ text, isBack, target }) => {
      const all = given.filter((event) => keyOf(event) === text);
      const standing = all.filter((event) => !redacted.has(event.event_id));
      if (all.length > 1) return [`${text} given ${all.length} times`];
      if (isBack && standing.length > 0) return [`${text} still given`];
      return !isBack && all.length === 0 && !hidden.has(target.text) ? [`${text} not given`] : [];
    });
  }

  /** Texts whose event is deleted, for themselves or for another. */
  #onMatrixHidden(): string[] {
    const redacted = this.#redacted();
    const { events } = this.#world.homeserver.room(this.#world.room);
    const gone = events
      .filter((event) => redacted.has(event.event_id))
      .flatMap(({ content }) => String(content.body).split('\n'));
    return [...gone, ...this.#irc.lines.filter(({ isGone }) => isGone).map(({ text }) => text)];
  }

  /** A network takes the same reaction twice for one. */
  #puppetsReactions(): string[] {
    const last = new Map<string, string>();
    for (const gesture of this.#world.network.gestures) {
      const [, verb, text] = /(react|unreact) (matrix \d+) /.exec(gesture) ?? [];
      if (verb !== undefined && text !== undefined) last.set(text, verb);
    }
    return this.#matrix.reactions.flatMap(({ text, isBack, target }) => {
      const state = last.get(text);
      if (isBack && state === 'react' && !target.isGone) return [`${text} still given`];
      return !isBack && state !== 'react' && !target.isGone ? [`${text} not given`] : [];
    });
  }
}

/** @param all what was ever said there. @param left what of it stands. @param isExcused lines that need not be there */
function wrong(
  lines: readonly Line[],
  all: readonly string[],
  left: readonly string[],
  isExcused: (line: Line) => boolean,
): string[] {
  const found: string[] = [];
  let at = -1;
  for (const line of lines) {
    const { text, isGone } = line;
    const count = all.filter((one) => one === text).length;
    if (count > 1) found.push(`${text} came ${count} times`);
    if (isGone && left.includes(text)) found.push(`${text} is still there`);
    if (!isGone && !left.includes(text) && !isExcused(line)) found.push(`${text} is lost`);
    const place = all.indexOf(text);
    if (place >= 0 && place < at) found.push(`${text} is out of order`);
    at = Math.max(at, place);
  }
  const known = new Set(lines.map(({ text }) => text));
  return [...found, ...all.filter((text) => !known.has(text)).map((text) => `${text} was never said`)];
}
