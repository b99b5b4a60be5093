/** The vocabulary of the program: what a network tells us, what a homeserver tells us, what we do to the world. */
import type { Provenance } from './identity/provenance.ts';
import type { GhostSubject, MessageKey, NetworkId } from './ids.ts';
import type { SharePage } from './share-page.ts';

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

export type NetworkMessage = NetworkEventBase & {
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
export type NetworkReaction = NetworkEventBase & {
  readonly kind: 'reaction';
  readonly source: NetworkSource;
  readonly own: boolean;
  readonly target: MessageKey;
  /** An emoji or a short text. */
  readonly emoji: string;
  readonly removed: boolean;
};

/** The network deleted a message; that whoever did it may is the network's to decide. */
export type NetworkDeletion = NetworkEventBase & {
  readonly kind: 'deletion';
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

export type NetworkEvent = NetworkMessage | NetworkReaction | NetworkDeletion | NetworkTopic | NetworkKick | NetworkGap;

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
};

/**
 * Says something in a room as a ghost. What it answers or replaces is named by the network's key: which event that is, is
 * found when the row is carried out, since it may be ahead in the same lane. Where it is not found, this is a line like any other.
 */
export type SendToMatrix = {
  readonly op: 'matrix.message';
  readonly room: string;
  readonly network: NetworkId;
  readonly subject: GhostSubject;
  readonly nick: string;
  readonly msgtype: 'm.text' | 'm.emote' | 'm.notice';
  readonly body: string;
  readonly timeMs: number;
  readonly messageKey: MessageKey;
  readonly provenance: Provenance;
  /** Page where people can check it, for `external_url`. */
  readonly link?: string;
  /** Nobody stands in the room for this person: the bot says it, with their name. */
  readonly spokenFor?: true;
  readonly replyTo?: MessageKey;
  readonly edits?: MessageKey;
  /** Custom HTML, as one encoder wrote it; `body` says the same in plain text. */
  readonly formatted?: string;
  /** People that it means: Matrix user ids. */
  readonly mentions?: readonly string[];
  /** A file that this message is; where it cannot be had, the text stands for it. */
  readonly media?: NetworkMedia;
};

type ReactionOnMatrix = {
  readonly room: string;
  readonly network: NetworkId;
  readonly subject: GhostSubject;
  readonly nick: string;
  readonly provenance: Provenance;
  readonly target: MessageKey;
  readonly emoji: string;
  readonly timeMs: number;
};

/** Reacts as a ghost. Nothing where the message is not known. */
export type ReactOnMatrix = ReactionOnMatrix & { readonly op: 'matrix.react' };
/** Takes the ghost's reaction back. */
export type UnreactOnMatrix = ReactionOnMatrix & { readonly op: 'matrix.unreact' };

/** Takes back every event that a message of the network became. */
export type RedactOnMatrix = {
  readonly op: 'matrix.redact';
  readonly room: string;
  readonly network: NetworkId;
  readonly target: MessageKey;
  readonly reason: string;
  /** Who deleted it, by what the server says. */
  readonly subject: GhostSubject;
  readonly nick: string;
  readonly provenance: Provenance;
};

/** The bot says something about the bridge itself. */
export type NoticeToMatrix = {
  readonly op: 'matrix.notice';
  readonly room: string;
  readonly body: string;
  /** Event it answers, and the person it is for. */
  readonly replyTo?: { readonly eventId: string; readonly userId: string };
};

export type TopicToMatrix = {
  readonly op: 'matrix.topic';
  readonly room: string;
  readonly topic: string;
  readonly provenance: Provenance;
};

export type KickFromMatrix = {
  readonly op: 'matrix.kick';
  readonly room: string;
  readonly userId: string;
  readonly reason: string;
};

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
  /** Event that it answers. */
  readonly replyTo?: string;
  /** Event whose text it replaces: the first version. */
  readonly edits?: string;
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
  readonly target: string;
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

export type PartOnNetwork = {
  readonly op: 'network.part';
  readonly network: NetworkId;
  readonly channel: string;
  readonly userId: string;
  readonly reason: string;
};

/** Brings a room or Space to what configuration and authority say, whatever it is now. */
export type ReconcileRoom = {
  readonly op: 'room.reconcile';
  /** Id among the rooms that we keep. */
  readonly resource: string;
  /** What made it necessary, for the audit log. */
  readonly cause: string;
};

export type Effect =
  | SendToMatrix
  | ReactOnMatrix
  | UnreactOnMatrix
  | RedactOnMatrix
  | NoticeToMatrix
  | TopicToMatrix
  | KickFromMatrix
  | SayOnNetwork
  | ReactOnNetwork
  | RedactOnNetwork
  | TopicOnNetwork
  | PartOnNetwork
  | ReconcileRoom
  | SharePage;

/** An effect with the key under which it is done once. */
export type KeyedEffect = { readonly key: string; readonly effect: Effect };
