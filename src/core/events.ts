/** The vocabulary of the program: what a network tells us, what a homeserver tells us, what we do to the world. */
import type { GhostSubject, MessageKey, NetworkId } from './ids.ts';

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

export type NetworkEvent = NetworkMessage | NetworkTopic | NetworkKick | NetworkGap;

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

/** Says something in a room as a ghost. */
export type SendToMatrix = {
  readonly op: 'matrix.message';
  readonly room: string;
  readonly network: NetworkId;
  readonly subject: GhostSubject;
  /** Name as shown on the network now. */
  readonly nick: string;
  readonly msgtype: 'm.text' | 'm.emote' | 'm.notice';
  readonly body: string;
  readonly timeMs: number;
  readonly messageKey: MessageKey;
  readonly account: string | null;
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
  /** Who set it, by what the server says. */
  readonly by: { readonly nick: string; readonly account: string | null };
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
  | NoticeToMatrix
  | TopicToMatrix
  | KickFromMatrix
  | SayOnNetwork
  | TopicOnNetwork
  | PartOnNetwork
  | ReconcileRoom;

/** An effect with the key under which it is done once. */
export type KeyedEffect = { readonly key: string; readonly effect: Effect };
