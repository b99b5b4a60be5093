import { BatchAssembler } from '../core/irc/batch.ts';
import { ContinuedLines } from '../core/irc/continued-lines.ts';
import { CtcpAnswers } from './ctcp-answers.ts';
import { Drafts } from './listening/drafts.ts';
import { continuesOn } from './listening/history-desk.ts';
import { ModeQueue } from './listening/mode-queue.ts';
import { Ranks } from './listening/ranks.ts';
import type { Roster } from './listening/roster.ts';
import { WhoQueue } from './listening/who-queue.ts';
import { Errands } from './speaking/errands.ts';
import { Outgoing, type OutgoingTools } from './speaking/outgoing.ts';
import { BotNick } from './wire/bot-nick.ts';
import { type Link, makeEpoch } from './wire/link.ts';
import { Replies } from './wire/replies.ts';

/** One registered connection of the listener, and all that is only true while it lasts. */
export type Session = {
  readonly link: Link;
  readonly epoch: string;
  /** Lines named so far. */
  named: number;
  readonly assembler: Pick<BatchAssembler, 'push' | 'expire'>;
  readonly drafts: Drafts;
  readonly replies: Replies;
  readonly roster: Roster;
  readonly ranks: Ranks;
  readonly who: WhoQueue;
  readonly modes: ModeQueue;
  readonly ctcp: CtcpAnswers;
  readonly outgoing: Outgoing;
  readonly errands: Errands;
  readonly readyMs: number;
  /** What the server's clock is ahead of ours. */
  readonly aheadMs: number;
  /** It has said who it is, and may join. */
  greeted: boolean;
  readonly nick: BotNick;
};

export function makeSession(
  link: Link,
  roster: Roster,
  tools: OutgoingTools & { readonly answerMs: number; readonly wantsAway: boolean },
  nick: string,
  nowMs: number,
): Session {
  const replies = new Replies();
  const outgoing = new Outgoing(link, tools);
  return {
    link,
    epoch: makeEpoch(),
    named: 0,
    assembler: assemblerFor(link),
    drafts: new Drafts(),
    replies,
    roster,
    ranks: new Ranks(() => link.isupport.casemapping),
    who: new WhoQueue(link, roster, tools.wantsAway),
    modes: new ModeQueue(link),
    ctcp: new CtcpAnswers(),
    outgoing,
    errands: new Errands(link, replies, outgoing.throttle, tools.clock, tools.answerMs),
    readyMs: nowMs,
    get aheadMs() {
      return link.aheadMs;
    },
    greeted: false,
    nick: new BotNick(link, nick, nowMs),
  };
}

function assemblerFor(link: Link): Session['assembler'] {
  const continues = continuesOn(link);
  const batches = new BatchAssembler();
  return continues === undefined ? batches : new ContinuedLines(batches, continues);
}

/** Looks at everything that has a deadline. */
export function tickSession(session: Session, nowMs: number, tickMs: number): void {
  const { link, replies, outgoing, who, modes, nick } = session;
  link.tick(nowMs);
  if (link.paused) replies.postpone(tickMs);
  replies.tick(nowMs);
  outgoing.tick(nowMs);
  who.tick(nowMs);
  modes.tick(nowMs);
  nick.tick(nowMs);
}
