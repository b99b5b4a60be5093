/** What we do on a network, as data. */
import type { MessageStyle, NetworkMedia } from './events.ts';
import type { GhostSubject, NetworkId } from './ids.ts';
import type { Stance } from './room/channel-rules.ts';

/** Says one line on a network for a Matrix user. */
export type SayOnNetwork = {
  readonly op: 'network.say';
  readonly network: NetworkId;
  readonly channel: string;
  readonly room: string;
  readonly userId: string;
  readonly style: MessageStyle;
  readonly line: string;
  readonly eventId: string;
  /** The file that the line is about: for networks that can say so beside it. */
  readonly media?: NetworkMedia;
  /** Event that it answers. */
  readonly replyTo?: string;
  /** First event of the thread that it was said in. */
  readonly thread?: string;
  /**
   * Event whose text it replaces: the first version. `line` is the whole new text then, line ends inside, and what of it is
   * said is decided when the row goes out: the network's own edit, a correction, or nothing.
   */
  readonly edits?: string;
  /** More lines of the same event follow. Noted where somebody wants to know when all of it has arrived. */
  readonly more?: true;
};

/** Reacts for a Matrix user, or takes that back. Nothing where the network has no reactions or does not know the message. */
export type ReactOnNetwork = {
  readonly op: 'network.react';
  readonly network: NetworkId;
  readonly channel: string;
  readonly room: string;
  readonly userId: string;
  readonly emoji: string;
  readonly removed: boolean;
  /** Event that it is about. */
  readonly target: string;
  readonly eventId: string;
};

/** Deletes what an event became on the network: every part of a message, or a reaction. */
export type RedactOnNetwork = {
  readonly op: 'network.redact';
  readonly network: NetworkId;
  readonly channel: string;
  readonly room: string;
  /** Who redacted it. */
  readonly userId: string;
  /** They may not delete what others said. */
  readonly onlyOwn?: true;
  readonly target: string;
  readonly reason: string;
  readonly eventId: string;
};

/** Puts somebody of a channel out of it in a Matrix user's name, for as long as that user's own power there reaches. */
export type RemoveOnNetwork = {
  readonly op: 'network.remove';
  readonly network: NetworkId;
  readonly channel: string;
  readonly room: string;
  /** Who removes them. */
  readonly userId: string;
  readonly subject: GhostSubject;
  /** What they are called there now; absent: they are not there. */
  readonly nick?: string;
  readonly how: 'kick' | 'ban' | 'unban';
  readonly reason: string;
  readonly eventId: string;
};

export type TopicOnNetwork = {
  readonly op: 'network.topic';
  readonly network: NetworkId;
  readonly channel: string;
  readonly room: string;
  readonly userId: string;
  readonly topic: string;
  readonly eventId: string;
};

/** Sets modes of a channel to what somebody made of its room, for as long as their own power there reaches. */
export type RulesOnNetwork = {
  readonly op: 'network.rules';
  readonly network: NetworkId;
  readonly channel: string;
  readonly room: string;
  readonly userId: string;
  /** How the room stands now; which of it is news shows when it is carried out. */
  readonly stance: Stance;
  readonly eventId: string;
};

/** Invites somebody of the network into the channel, in a Matrix user's name. */
export type InviteOnNetwork = {
  readonly op: 'network.invite';
  readonly network: NetworkId;
  readonly channel: string;
  readonly room: string;
  readonly userId: string;
  readonly subject: GhostSubject;
  readonly ghost: string;
  readonly eventId: string;
};

/** A room's pins, all of them: what changed since they were last carried over is changed in the channel, by the person's own power there. */
export type PinsOnNetwork = {
  readonly op: 'network.pins';
  readonly network: NetworkId;
  readonly channel: string;
  readonly room: string;
  readonly userId: string;
  /** Events, each once. */
  readonly pinned: readonly string[];
  readonly eventId: string;
};

export type PartOnNetwork = {
  readonly op: 'network.part';
  readonly network: NetworkId;
  readonly channel: string;
  readonly userId: string;
  readonly reason: string;
};
