/** What we do to the world, as data. Each has a key under which it is done once. */
import type { BridgeError } from './errors.ts';
import type { NetworkMedia } from './events.ts';
import type { Provenance } from './identity/provenance.ts';
import type { GhostSubject, MessageKey, NetworkId, PortalId } from './ids.ts';
import type {
  InviteOnNetwork,
  PartOnNetwork,
  PinsOnNetwork,
  ReactOnNetwork,
  RedactOnNetwork,
  RemoveOnNetwork,
  RulesOnNetwork,
  SayOnNetwork,
  TopicOnNetwork,
} from './network-effects.ts';
import type { RulesOnMatrix } from './room/channel-rules.ts';
import type { SharePage } from './share-page.ts';

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
  /**
   * Known from a list of names alone. Where somebody of this nick ever reacted so, nothing is added to that; and a reaction that is
   * missing in the list is taken back, whoever of this nick it was. Each of these may be meant: of whom nothing may pass, this does not.
   */
  readonly tallied?: readonly Pick<Provenance, 'account' | 'origin'>[];
};

/** Reacts as a ghost. Nothing where the message is not known. */
export type ReactOnMatrix = ReactionOnMatrix & {
  readonly op: 'matrix.react';
  /** Of the reaction itself, which may be deleted by that. */
  readonly messageKey: MessageKey;
};
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
  /** Not in anybody's name: the server itself says so. */
  readonly byServer?: true;
  /** What people of Matrix said stays. Set when the row goes out, by what holds then. */
  readonly sparesPeople?: true;
  /** Only what this person said themselves goes: between two nobody is asked who may delete what. */
  readonly onlyOwn?: true;
};

/** The bot says something about the bridge itself. */
export type NoticeToMatrix = {
  readonly op: 'matrix.notice';
  readonly room: string;
  readonly body: string;
  /** Event it answers, and the person it is for. */
  readonly replyTo?: { readonly eventId: string; readonly userId: string };
  /** Person whom it is for, where it answers nothing. */
  readonly to?: string;
  /** Why it is said: nobody in the room hears of the same once more within ten minutes. */
  readonly cause?: string;
};

/** Says, for programs, what became of an event on its network. Harmless when repeated: it says the same. */
export type StatusToMatrix = {
  readonly op: 'matrix.status';
  readonly network: NetworkId;
  readonly room: string;
  readonly eventId: string;
  readonly status: 'SUCCESS' | 'PENDING' | 'FAIL_PERMANENT';
  /** Why not; what it says is for people. */
  readonly error?: BridgeError;
};

export type TopicToMatrix = {
  readonly op: 'matrix.topic';
  readonly room: string;
  readonly topic: string;
  /** A room that has a topic keeps it. */
  readonly onlyWhereNone?: true;
  readonly provenance: Provenance;
};

export type KickFromMatrix = {
  readonly op: 'matrix.kick';
  readonly room: string;
  readonly userId: string;
  readonly reason: string;
};

/** Pins a message in its room, or takes it from the pins. Nothing where the message is not known. */
export type PinOnMatrix = {
  readonly op: 'matrix.pin';
  readonly room: string;
  readonly network: NetworkId;
  readonly target: MessageKey;
  readonly pinned: boolean;
  readonly provenance: Provenance;
};

/** Brings a room to what its channel's modes say now: who may come in, speak, and change the topic. */
export type DoorToMatrix = {
  readonly op: 'matrix.door';
  readonly room: string;
  readonly open: boolean;
  /** Absent: what people may do in the room stays as it is. */
  readonly rules?: RulesOnMatrix;
};

/** Invites somebody into a room because somebody of the network did so there. */
export type InviteToMatrix = {
  readonly op: 'matrix.invite';
  readonly room: string;
  readonly userId: string;
  /** Also where the room lets nobody in who is not invited. */
  readonly letsIn: boolean;
  readonly provenance: Provenance;
};

/** Brings a room or Space to what configuration and authority say, whatever it is now. */
export type ReconcileRoom = {
  readonly op: 'room.reconcile';
  /** Id among the rooms that we keep. */
  readonly resource: string;
  /** What made it necessary, for the audit log. */
  readonly cause: string;
};

/** Does what policy lists say about the people of a channel and its room, whatever was done before. */
export type LookAtPolicies = { readonly op: 'policy.look'; readonly portal: PortalId };

export type Effect =
  | SendToMatrix
  | ReactOnMatrix
  | UnreactOnMatrix
  | RedactOnMatrix
  | NoticeToMatrix
  | StatusToMatrix
  | TopicToMatrix
  | KickFromMatrix
  | DoorToMatrix
  | InviteToMatrix
  | PinOnMatrix
  | SayOnNetwork
  | ReactOnNetwork
  | RedactOnNetwork
  | RemoveOnNetwork
  | TopicOnNetwork
  | PinsOnNetwork
  | RulesOnNetwork
  | InviteOnNetwork
  | PartOnNetwork
  | ReconcileRoom
  | LookAtPolicies
  | SharePage;

/** An effect with the key under which it is done once. */
export type KeyedEffect = { readonly key: string; readonly effect: Effect };

export type * from './network-effects.ts';
