/** The vocabulary of the program: what a network tells us, what a homeserver tells us, what we do to the world. */
import type { MessageKey, NetworkId } from './ids.ts';
import type { ChannelRules } from './room/channel-rules.ts';
import type { Wall } from './room/walls.ts';

/** Who said it, by what the server itself set; nothing that a client can type. */
export type NetworkSource = {
  readonly nick: string;
  readonly user?: string;
  readonly host?: string;
  /** Account the server vouches for; null: it says there is none; absent: it does not say. */
  readonly account?: string | null;
  /** Server that the connected one says vouches for them; absent: the connected server itself. Only what servers set. */
  readonly origin?: string;
  /** The network says that this is a program. */
  readonly actor?: 'agent';
};

type NetworkEventBase = {
  readonly network: NetworkId;
  /** As the server writes it; compare folded. */
  readonly channel: string;
  readonly key: MessageKey;
  /** Server's time where it gives one, else ours; milliseconds since 1970. */
  readonly timeMs: number;
  /** Replayed from history rather than live. */
  readonly replayed: boolean;
};

/** Said or done where only two see it. */
type MaybePrivate = {
  /** Matrix user whom alone it concerns. Then `channel` is the nick of whoever said or did it. */
  readonly privatelyTo?: string;
};

export type NetworkMessage = NetworkEventBase &
  MaybePrivate & {
    readonly kind: 'message';
    readonly source: NetworkSource;
    /** Whether one of our own connections said it. Decided by identity, in the adapter, which knows them. */
    readonly own: boolean;
    readonly style: MessageStyle;
    /** One element per line; formatting codes still inside. */
    readonly lines: readonly string[];
    /** Whether the network carried a signature. Nobody here has checked one. */
    readonly signature?: 'none' | 'unchecked';
    /** Page of the network where people can check this message; https or http. */
    readonly link?: string;
    /** The message that it answers. */
    readonly replyTo?: MessageKey;
    /** The message whose text it replaces: always the first version, however often it was edited. */
    readonly edits?: MessageKey;
    /** More of it is being written: another edit follows. */
    readonly unfinished?: true;
    /** A later version has taken its place before anybody saw it: only that it was said is kept. */
    readonly superseded?: true;
    /** Files that the network itself says belong to it; links within the text are text. */
    readonly media?: readonly NetworkMedia[];
  };

/** A file that a network's message carries. Nothing but `url`, which is http or https, may be believed. */
export type NetworkMedia = {
  readonly url: string;
  readonly mimetype?: string;
  readonly filename?: string;
  readonly sizeBytes?: number;
  readonly width?: number;
  readonly height?: number;
  /** Said for those who do not see it. */
  readonly alt?: string;
};

/** Somebody reacts to a message, or takes that back. */
export type NetworkReaction = NetworkEventBase &
  MaybePrivate & {
    readonly kind: 'reaction';
    readonly source: NetworkSource;
    readonly own: boolean;
    readonly target: MessageKey;
    /** An emoji or a short text. */
    readonly emoji: string;
    readonly removed: boolean;
    /** Known from a list of names beside the message alone: of whoever had this nick then. Those who have it now, as far as is known, may be meant. */
    readonly tallied?: readonly NetworkSource[];
  };

/** The network deleted a message; that whoever did it may is the network's to decide. */
export type NetworkDeletion = NetworkEventBase &
  MaybePrivate & {
    readonly kind: 'deletion';
    /** The server itself says that it is gone, and not who did it. */
    readonly byServer?: true;
    readonly source: NetworkSource;
    readonly own: boolean;
    readonly target: MessageKey;
    readonly reason: string;
  };

export type NetworkTopic = NetworkEventBase & {
  readonly kind: 'topic';
  readonly source: NetworkSource;
  readonly own: boolean;
  readonly topic: string;
  /** How it stands as we come in, whoever set it whenever: news only where it is not what was known. */
  readonly standing?: true;
};

/** One of our puppets was thrown out. */
export type NetworkKick = NetworkEventBase & {
  readonly kind: 'kick';
  readonly source: NetworkSource;
  /** The Matrix user whose puppet it was. */
  readonly userId: string;
  readonly reason: string;
};

/** What was said between two times cannot be had: no history, or not so far back. */
export type NetworkGap = NetworkEventBase & { readonly kind: 'gap'; readonly fromMs: number; readonly toMs: number };

/** A message of a channel was pinned, or is pinned no longer. */
export type NetworkPin = NetworkEventBase & {
  readonly kind: 'pin';
  readonly source: NetworkSource;
  readonly own: boolean;
  readonly target: MessageKey;
  readonly pinned: boolean;
};

/** What keeps people out of a channel now, and what those in it may do; told when it is first known and when it changes. */
export type NetworkWalls = NetworkEventBase & {
  readonly kind: 'walls';
  readonly walls: readonly Wall[];
  /** Absent where it is not known, since we are not let in. */
  readonly rules?: ChannelRules;
};

/** An operator silences one of our people in a channel, or lets them speak again. */
export type NetworkQuiet = NetworkEventBase & {
  readonly kind: 'quiet';
  readonly source: NetworkSource;
  /** The Matrix user whose connection it hits. */
  readonly userId: string;
  readonly silenced: boolean;
};

/** Somebody of a network invites one of our people into a channel. */
export type NetworkInvite = NetworkEventBase & {
  readonly kind: 'invite';
  readonly source: NetworkSource;
  readonly own: boolean;
  /** The Matrix user whose connection was invited. */
  readonly userId: string;
  /** Whoever invites may let people in whom the channel keeps out. */
  readonly byPower: boolean;
};

export type NetworkEvent =
  | NetworkMessage
  | NetworkReaction
  | NetworkDeletion
  | NetworkTopic
  | NetworkKick
  | NetworkGap
  | NetworkWalls
  | NetworkQuiet
  | NetworkInvite
  | NetworkPin;

export type MessageStyle = 'text' | 'action' | 'notice';

/** A client-format event as a homeserver pushes it. Nothing in `content` may be believed to have any type. */
export type MatrixEvent = {
  readonly event_id: string;
  readonly room_id: string;
  readonly sender: string;
  readonly type: string;
  readonly content: Readonly<Record<string, unknown>>;
  readonly origin_server_ts: number;
  readonly state_key?: string;
  readonly redacts?: string;
  /** Noted by us of a deletion whose sender may not delete what others said: it means what they said themselves. */
  readonly onlyOwn?: true;
};

export type * from './effects.ts';
