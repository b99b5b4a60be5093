import type { Peer } from '../core/direct.ts';
import type { Result } from '../core/errors.ts';
import type { MessageStyle, NetworkEvent, NetworkMedia, NetworkSource } from '../core/events.ts';
import type { GhostSubject, MessageKey, NetworkId } from '../core/ids.ts';
import type { MultilineLimits } from '../core/irc/multiline.ts';
import type { Stance } from '../core/room/channel-rules.ts';
import type { ChannelGuard } from './channel-guard.ts';
import type { NetworkStatus } from './network-status.ts';
import type { PeopleSigns } from './people-signs.ts';

export type { ChannelBans, ChannelGuard, Door } from './channel-guard.ts';

/** A Matrix user as a network needs to know them. */
export type Person = {
  readonly userId: string;
  readonly displayName: string;
  /** Has no connection of their own, or wants none in this channel: the bot speaks for them. */
  readonly relayed?: true;
  /** They are known there by another name: nothing of `userId` goes to the network. */
  readonly alias?: true;
  /** The homeserver that vouches for them, where that is not the cooperative's own. */
  readonly visitingFrom?: string;
  /** The cooperative that speaks for them there, as people call it. */
  readonly shard?: string;
};

/** A channel that the listener shall be in. */
export type ChannelWish = { readonly channel: string; readonly key?: string };

/** The newest line of a channel that is stored. */
export type ResumePoint = { readonly timeMs: number; readonly key: MessageKey };

/** Somebody of a channel who is not one of ours. */
export type RosterEntry = {
  readonly nick: string;
  readonly account: string | null;
  /** Server that vouches for them, where that is not the connected one (see NetworkSource in core/events). */
  readonly origin?: string;
  /** What they said when they went away, as it came, empty for nothing; absent: they are there, as far as is known. */
  readonly away?: string;
};

export type RosterChange =
  | { readonly kind: 'list'; readonly members: readonly RosterEntry[] }
  | { readonly kind: 'join'; readonly member: RosterEntry }
  /** `netsplit`: they vanished with a link and will most likely be back. */
  | { readonly kind: 'leave'; readonly member: RosterEntry; readonly netsplit: boolean }
  | { readonly kind: 'rename'; readonly from: RosterEntry; readonly to: RosterEntry }
  /** Somebody present logged in or out; told behind the `rename` that says what it does to their name. */
  | { readonly kind: 'account'; readonly member: RosterEntry }
  /** Somebody present went away, or is back. */
  | { readonly kind: 'away'; readonly member: RosterEntry };

/** Up to when a network was heard, by the network's clock. What was said before is on disk. */
export type Heard = {
  readonly untilMs: number;
  /** Channels that were not heard then, and since when. */
  readonly awayFromMs: ReadonlyMap<string, number>;
};

/** What a network tells the app. */
export interface NetworkSink {
  /**
   * Lines in the order in which they shall appear, history of a gap before what was said after it.
   * Resolves when they are on disk; never rejects for an outage of the database, but resolves late.
   * The network stops reading while more than its bound is unresolved.
   */
  events(events: readonly NetworkEvent[]): Promise<void>;
  /** Noted every few seconds while connected, when the link ends and at a stop: a gap after a restart begins there. Never rejects. */
  heardUntil(heard: Heard): Promise<void>;
  /** What an earlier process noted last; undefined where none did. */
  heardBefore(): Promise<Heard | undefined>;
  /** Where a channel's history has to be resumed; undefined for a channel never seen. */
  resumePoint(channel: string): Promise<ResumePoint | undefined>;
  /** Of these keys, those that are stored as received, and those that we ourselves sent. */
  knownKeys(
    keys: readonly MessageKey[],
  ): Promise<{ readonly received: ReadonlySet<MessageKey>; readonly sent: ReadonlySet<MessageKey> }>;
  /** Keys of messages of a channel that went either way since then, are in their room and are not deleted; the newest 1,000. */
  linkedSince(channel: string, sinceMs: number): Promise<readonly MessageKey[]>;
  /** Who is in a channel; not durable, repeated whole after each (re)join of the listener. */
  roster(channel: string, change: RosterChange): void;
  /** Somebody begins or ends typing in a channel; not durable, told at most every few seconds. */
  typing(channel: string, source: NetworkSource, active: boolean): void;
  /** Somebody says something to the bot alone. @returns what it answers, lines parted by line ends; empty for nothing */
  asked(source: RosterEntry, text: string): Promise<string>;
  /** The puppet of this user now stands so; kept for recognising our own lines in history. */
  puppetSeen(puppet: { userId: string; nick: string; account: string | null; prefix: string | null }): void;
  /** Puppets as they stood before this process started. */
  puppetsBefore(): Promise<
    ReadonlyArray<{ userId: string; nick: string; account: string | null; prefix: string | null }>
  >;
  /** The link came up or went down, or a channel cannot be entered: wakes lanes, shows in status. */
  changed(): void;
}

/** One Matrix line on its way: `id` is stable across crashes, `parts` is what it was split into. */
export type OutgoingLine = {
  readonly id: string;
  readonly style: MessageStyle;
  readonly parts: readonly string[];
  /** What its voice had stored with it; see {@link Voice.stamp}. */
  readonly stamp?: string;
  /** The message that it answers, where the network can say so. */
  readonly replyTo?: MessageKey;
  /** The first version of the message that it replaces; only where {@link NetworkPowers.edits}. */
  readonly edits?: MessageKey;
  /** The file that the line is about. */
  readonly media?: NetworkMedia;
};

/** What a channel's network can carry now, beside plain lines. Absent is false. */
export type NetworkPowers = {
  /** Lines that say which message they answer. */
  readonly replies?: boolean;
  /** Every client shows what is answered: nobody has to be addressed by name. */
  readonly repliesShown?: boolean;
  readonly edits?: boolean;
  readonly reactions?: boolean;
  readonly deletions?: boolean;
  readonly pins?: boolean;
  /** Messages of several lines, up to these limits: a text for {@link Voice.split} may have line feeds. */
  readonly multiline?: MultilineLimits;
};

/** Confirmed by the server: keys of the parts where it gave msgids. */
export type Receipt = { readonly keys: readonly MessageKey[] };

export type Sending = {
  /** Handed to the socket: a next line of the same voice may follow. */
  readonly written: Promise<void>;
  /** Confirmed or refused. An error with `retry: 'lookup'` means: nobody knows. */
  readonly confirmed: Promise<Result<Receipt>>;
};

/** Whom to put out of a channel: by account where the server vouches for one, else by nick. */
export type Removal = {
  /** What they are called there now; absent: they are not there. */
  readonly nick?: string;
  readonly account: string | null;
  readonly how: 'kick' | 'ban' | 'unban';
  readonly reason: string;
};

/** The connection that speaks for one person in one channel: their puppet, or the relay. */
export interface Voice {
  /** Names the connection; lines of one voice may be pipelined. */
  readonly id: string;
  /** Splits a text to the byte for what this server puts before it. Of several lines each is a part, or all are one where the server takes that. */
  split(text: string, style: MessageStyle): readonly string[];
  /** What its lines carry otherwise than {@link Network.powers} says: in private nobody has to be addressed by name. */
  readonly powers?: NetworkPowers;
  /**
   * What has to be on disk with a line before it is said, so that the network knows it again when it is said twice. Present where the
   * network can do that.
   * @param before what was stored with it when it was last prepared
   */
  stamp?(before: string | undefined): string;
  say(line: OutgoingLine): Sending;
  /**
   * Puts somebody out of the channel, by the power that this person has there. Harmless when repeated. Present where the person has a
   * connection of their own.
   */
  remove?(removal: Removal): Promise<Result<void>>;
  /**
   * Sets modes of the channel to how people of its room stand, by the power that this person has there. Harmless when repeated. Present where
   * the person has a connection of their own.
   */
  setRules?(stance: Stance): Promise<Result<void>>;
  /** Invites whoever has this nick into the channel. Who is in already counts as invited. */
  invite?(nick: string): Promise<Result<void>>;
  /** Set where the connection is not the person's own: what it may do says nothing about them. */
  readonly isShared?: true;
  /** Pins a message of the channel, or takes it from the pins, by the power that this person has. Harmless when repeated. Present where the network has pins. */
  pin?(target: MessageKey, pinned: boolean): Promise<Result<void>>;
  /** Harmless when repeated. Present where the network has reactions. */
  react?(reaction: OutgoingReaction): Promise<Result<void>>;
  /**
   * Deletes a message by the power that this person has. Success also where it is gone. Present where the network has it.
   * @param ours we ourselves put it there: any connection of ours may delete it
   */
  redact?(target: MessageKey, reason: string, ours: boolean): Promise<Result<void>>;
}

export type OutgoingReaction = { readonly target: MessageKey; readonly emoji: string; readonly removed: boolean };

/** Who is called what in a channel now. Asked for every word of a line: answers at once. */
export interface Nicks {
  /** The Matrix user whose own connection has this nick. */
  ownerOf(nick: string): string | undefined;
  /** Whether anybody in the channel has it: one of ours, or somebody of the network. */
  isTaken(channel: string, nick: string): boolean;
  /** Nick of a Matrix user's own connection, or of somebody of the network who is in the channel. */
  nickOf(channel: string, who: string | GhostSubject): string | undefined;
  /**
   * Has the person's own connection called what their name asks for now. Present where a server is asked for nicks.
   * @returns what the connection is called then; undefined where they have none now
   */
  take?(person: Person): Promise<Result<string | undefined>>;
}

/** Somebody of a network as it knows them now. */
export type Found = {
  readonly source: NetworkSource;
  /** One of our own connections. */
  readonly own: boolean;
};

/** What is said to one person alone. */
export interface PrivateSpeech {
  /** Who has this nick now, by the server's word; an error of `retry: 'never'` where nobody has. */
  find(nick: string): Promise<Result<Found>>;
  /**
   * The connection that speaks for this person to that one, whatever they are called now. Looks who has the nick before anything is said:
   * an error of `retry: 'never'` where they are not there, or somebody else has it.
   */
  voice(person: Person, peer: Peer): Promise<Result<Voice>>;
}

/** It arrived, with what the server calls it where that can be told; it did not; nobody knows. */
export type LookupAnswer = Receipt | 'absent' | 'unknown';

export interface Network {
  readonly id: NetworkId;
  /** Folds a channel or nick as this network's server does now. */
  fold(name: string): string;
  start(sink: NetworkSink): void;
  /** Leaves with a reason on every connection; bounded to about 3 s. */
  stop(reason: string): Promise<void>;
  /** The channels the listener shall be in from now on; joins and parts what changed. */
  setChannels(channels: readonly ChannelWish[]): void;
  /**
   * The connection that may speak for this person in this channel, once it is there: connects, joins, falls back to
   * the relay by itself. Resolves with an error of `retry: 'later'` while the network is away (ask again on `changed`).
   */
  voice(person: Person, channel: string): Promise<Result<Voice>>;
  /** Somebody will probably speak soon: connect ahead. */
  expect(person: Person, channel: string): void;
  /**
   * The person left the room, or may not speak in it any more: their puppet leaves the channel, and the network when it is in none.
   * What they said there and was not written is not said, by the relay neither.
   */
  dismiss(userId: string, channel: string, reason: string): Promise<void>;
  /**
   * The person's own connection leaves everything at once, and is not brought back until {@link voice} is asked for again. What was not
   * written is not said, by the relay neither. Bounded to 1 s.
   */
  evict(userId: string, reason: string): Promise<void>;
  /** The person has another name now. */
  rename(person: Person): void;
  /**
   * What lines into this channel may carry now; nothing but text where it is left out. Undefined while the network is away, when
   * nobody can say (ask again on `changed`).
   */
  powers?(channel: string): NetworkPowers | undefined;
  /** Shows that a person types, over their own connection and only where that is there already. */
  typing?(person: Person, channel: string, active: boolean): void;
  setTopic(person: Person, channel: string, topic: string): Promise<Result<void>>;
  /**
   * Whether lines written before a crash or a lost link arrived, by history or echo.
   * @param sinceMs when the first of them may have been written, by our clock
   */
  lookup(
    channel: string,
    userId: string,
    lines: readonly OutgoingLine[],
    sinceMs: number,
  ): Promise<ReadonlyMap<string, LookupAnswer>>;
  /** Its channels have walls, which are told as events: until they were, nobody may be let into a room. */
  readonly hasWalls?: true | undefined;
  /** What to do with a line of which nobody can say whether it arrived. */
  readonly inDoubt: 'resend' | 'drop';
  status(): NetworkStatus;
  /** Present where people can be written to. */
  readonly privately?: PrivateSpeech;
  /** Present where people have connections of their own that can show such. */
  readonly signs?: PeopleSigns;
  /** Present where the network knows operators. */
  readonly guard?: ChannelGuard;
  /** Present where people have nicks by which they are called. */
  readonly nicks?: Nicks;
}

export type * from './channel-guard.ts';
