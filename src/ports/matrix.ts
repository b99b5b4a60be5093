import type { Result } from '../core/errors.ts';
import type { MatrixEvent } from '../core/events.ts';
import type { Presence } from '../core/presence.ts';
import type { MediaFile } from './pages.ts';

/** Where Matrix events come from; each calls the sink, which resolves when the events are on disk. */
export interface MatrixSink {
  /**
   * @param cursor the source's position after these events, stored in the same transaction (the sync token)
   * @throws {StoreUnavailable} when they could not be stored: answer 503, or try again
   */
  events(source: 'push' | 'sync', events: readonly MatrixEvent[], cursor?: string): Promise<void>;
  /** A source may have missed something: rooms are read back before their lanes go on. */
  interrupted(source: 'push' | 'sync', why: string): void;
  /** Somebody types in a room: full list of user ids. */
  typing(roomId: string, userIds: readonly string[]): void;
  /** Somebody has read a room up to this event, and lets everybody know. */
  read(roomId: string, userId: string, eventId: string): void;
  /** How somebody is there now; told only where it was asked for. */
  presence(userId: string, presence: Presence): void;
  /** The bot's or a ghost's invitation, by local or federated people, who may say that it is to a room for two; the app decides. */
  invited(roomId: string, userId: string, by: string, isDirect: boolean): void;
  /** Does this alias or ghost exist? Asked by the homeserver. */
  hasAlias(alias: string): Promise<boolean>;
  hasGhost(userId: string): Promise<boolean>;
}

export type RoomMember = { readonly userId: string; readonly displayName: string | null };

export type CreateRoom = {
  readonly name: string;
  readonly topic?: string;
  readonly preset: 'public_chat' | 'private_chat';
  readonly roomVersion: string;
  readonly initialState: ReadonlyArray<{ readonly type: string; readonly state_key: string; readonly content: object }>;
  readonly powerLevels: object;
  /** Fixed for ever once the room is made. `m.federate` false: only people of our own homeserver, whoever invites. */
  readonly creationContent?: { readonly type?: 'm.space'; readonly 'm.federate'?: boolean };
  /** Whether the homeserver's list of rooms shows it; `private` where left out. */
  readonly visibility?: 'public' | 'private';
};

/**
 * The homeserver as application service. Every call names whom it is made as (`as`, a full user id; the bot too).
 * Failures are values. `retry: 'lookup'` says that a send may have happened; a send is never repeated by the client.
 */
export interface Homeserver {
  readonly botId: string;
  readonly serverName: string;
  /** Is it there, does it know our token, what is it? */
  probe(): Promise<
    Result<{
      readonly software: string;
      readonly roomVersions: ReadonlyMap<string, 'stable' | 'unstable'>;
      readonly defaultRoomVersion: string;
    }>
  >;
  /** `PUT …/send`; never aborted by us, waits up to 120 s. @returns the event id */
  send(as: string, room: string, type: string, txnId: string, content: object, tsMs?: number): Promise<Result<string>>;
  sendState(as: string, room: string, type: string, stateKey: string, content: object): Promise<Result<string>>;
  /** Shows that somebody who is in the room types, for so long; 0: not any more. */
  typing(as: string, room: string, forMs: number): Promise<Result<void>>;
  /** How somebody is shown; undefined where that is not known. */
  presenceOf(userId: string): Promise<Result<Presence | undefined>>;
  /** Success also where the homeserver keeps no presence. */
  setPresence(as: string, presence: Presence): Promise<Result<void>>;
  /** Shows that somebody has read the room up to this event. Goes forward only. */
  markRead(as: string, room: string, eventId: string): Promise<Result<void>>;
  redact(as: string, room: string, eventId: string, txnId: string, reason?: string): Promise<Result<string>>;
  state(room: string): Promise<Result<readonly MatrixEvent[]>>;
  stateContent(
    room: string,
    type: string,
    stateKey: string,
  ): Promise<Result<Readonly<Record<string, unknown>> | undefined>>;
  /** Newest first. `end` is absent at the beginning of the room. A page may begin with events of the one before. */
  messages(
    as: string,
    room: string,
    from: string | undefined,
    limit: number,
  ): Promise<Result<{ readonly events: readonly MatrixEvent[]; readonly end?: string }>>;
  /** One event as it is now, by its id; undefined where the homeserver does not know it, or does not show it. */
  event(room: string, eventId: string): Promise<Result<MatrixEvent | undefined>>;
  joinedMembers(room: string): Promise<Result<readonly RoomMember[]>>;
  joinedRooms(as: string): Promise<Result<readonly string[]>>;
  displayName(userId: string): Promise<Result<string | null>>;
  resolveAlias(alias: string): Promise<Result<string | undefined>>;
  /** Without alias and invitations, which Dendrite does half-way when they fail. @returns the room id */
  createRoom(room: CreateRoom): Promise<Result<string>>;
  /** Success also where the alias already points at this room. */
  createAlias(alias: string, room: string): Promise<Result<void>>;
  join(as: string, room: string, via?: readonly string[]): Promise<Result<void>>;
  leave(as: string, room: string, reason?: string): Promise<Result<void>>;
  invite(as: string, room: string, userId: string): Promise<Result<void>>;
  /** Also withdraws an invitation. Success also where they are out already; a knock needs {@link rejectKnock}. */
  kick(as: string, room: string, userId: string, reason: string): Promise<Result<void>>;
  /** Out, and not in again until {@link unban}; also for people who never were there. Success also where they are banned. */
  ban(as: string, room: string, userId: string, reason: string): Promise<Result<void>>;
  /** Lifts a ban and does nothing else: nobody is let in by it. Success also where there is none. */
  unban(as: string, room: string, userId: string, reason: string): Promise<Result<void>>;
  /** Says no to somebody who knocks; /kick refuses that on Dendrite. Success also where they do not knock any more. */
  rejectKnock(as: string, room: string, userId: string, reason: string): Promise<Result<void>>;
  /** Does the homeserver's public list of rooms show it? */
  isPublished(room: string): Promise<Result<boolean>>;
  /** Puts it into that list or takes it out. */
  publish(room: string, published: boolean): Promise<Result<void>>;
  /** Success also where it exists. */
  registerGhost(localpart: string): Promise<Result<void>>;
  /** @param about whom a ghost stands for: in its profile, where the homeserver has fields for that */
  setDisplayName(as: string, name: string, about?: object): Promise<Result<void>>;
  /** Switches all push rules of a ghost off: on Dendrite each line is weighed for each local member otherwise. */
  silence(as: string): Promise<Result<void>>;
  /** A file of our homeserver, or of another one by way of ours (authenticated media, Matrix 1.11). */
  openMedia(mxc: string): Promise<Result<MediaFile>>;
  /** Stores a file. Doing it twice leaves one that nobody names. @returns its `mxc://` URI */
  upload(as: string, file: Uint8Array, type: string, name: string): Promise<Result<string>>;
  /** How it has been answering. */
  readonly health: { readonly reachable: boolean; readonly problem?: string };
}
