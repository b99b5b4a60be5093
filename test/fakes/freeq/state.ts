import type { KeyObject } from 'node:crypto';
import type { Session } from './session.ts';
import type { Tags } from './wire.ts';

/** One row of the server's log: a message, or an edit of one. Edits are rows of their own. */
export type Row = {
  readonly venue: string;
  readonly sender: string;
  readonly text: string;
  readonly seconds: number;
  readonly tags: Tags;
  readonly msgid: string;
  /** The id that the message keeps for life: of the row itself, or of what it edits. */
  readonly root: string;
  readonly did: string | undefined;
  deleted: boolean;
};

export type Reaction = {
  readonly root: string;
  readonly nick: string;
  readonly did: string | undefined;
  readonly emoji: string;
};

export type Topic = { readonly text: string; readonly setBy: string; readonly seconds: number };
export type ListEntry = { readonly mask: string; readonly setBy: string; readonly seconds: number };
export type Pin = { readonly msgid: string; readonly by: string; readonly seconds: number };

/** What of a channel outlives a restart. */
export type ChannelRecord = {
  topic: Topic | undefined;
  founder: string | undefined;
  readonly didOps: Set<string>;
  /** Letters of `intmE` that are set; the key is apart. */
  readonly modes: Set<string>;
  key: string | undefined;
  bans: ListEntry[];
  exceptions: ListEntry[];
  pins: Pin[];
};

/** A row as a joiner sees it: one entry for a message, with its newest text. */
export type HistoryEntry = {
  readonly sender: string;
  text: string;
  readonly seconds: number;
  readonly tags: Tags;
  readonly msgid: string;
  edited: boolean;
};

/** Somebody whom a peer told of. `origin` is the peer's id. */
export type RemoteMember = {
  readonly nick: string;
  readonly origin: string;
  readonly did: string | null;
  readonly isOp: boolean;
  readonly actorClass: string | null;
};

/** What of a channel is in memory only. */
export type Channel = {
  readonly name: string;
  readonly record: ChannelRecord;
  readonly members: Set<Session>;
  readonly ops: Set<Session>;
  readonly halfops: Set<Session>;
  readonly voiced: Set<Session>;
  readonly remote: Map<string, RemoteMember>;
  /** Session ids, DIDs and `nick:…`. */
  readonly invites: Set<string>;
  history: HistoryEntry[];
};

/** How many messages a joiner is shown. */
export const REPLAYED = 100;

/** What `--db-path` keeps: it survives a kill. */
export class FreeqStore {
  readonly rows: Row[] = [];
  reactions: Reaction[] = [];
  readonly channels = new Map<string, ChannelRecord>();
  /** By nick in lower case: the DID to which it belongs for ever. */
  readonly nickOwners = new Map<string, string>();
  /** The channels of a DID, joined again when they log in. */
  readonly channelsOf = new Map<string, Set<string>>();
  /** By DID, then by key id. */
  readonly signingKeys = new Map<string, Map<string, KeyObject>>();
  /** Channels that ask for a policy to be accepted, with the DIDs that did; and the rules. */
  readonly policies = new Map<string, Set<string>>();
  readonly rules = new Map<string, string>();

  row(msgid: string): Row | undefined {
    return this.rows.find((row) => row.msgid === msgid);
  }

  rootOf(msgid: string): string {
    return this.row(msgid)?.root ?? msgid;
  }

  /** False where the id is taken: the first to come stays. */
  add(row: Row): boolean {
    if (this.row(row.msgid) !== undefined) return false;
    this.rows.push(row);
    return true;
  }

  delete(root: string): void {
    for (const row of this.rows) if (row.root === root) row.deleted = true;
  }

  /** Rows of a venue between two seconds, both exclusive, oldest first. */
  between(venue: string, after: number, before: number): Row[] {
    return this.rows
      .filter((row) => row.venue === venue && !row.deleted && row.seconds > after && row.seconds < before)
      .sort((a, b) => a.seconds - b.seconds);
  }

  react(reaction: Reaction): void {
    if (!this.reactions.some((other) => sameReaction(other, reaction))) this.reactions.push(reaction);
  }

  unreact(reaction: Reaction): void {
    this.reactions = this.reactions.filter((other) => !sameReaction(other, reaction));
  }

  /** `👍:alice,bob;🎉:carol`, nicks and not accounts; undefined where there are none. */
  tally(root: string): string | undefined {
    const nicks = new Map<string, string[]>();
    for (const reaction of this.reactions)
      if (reaction.root === root) nicks.set(reaction.emoji, [...(nicks.get(reaction.emoji) ?? []), reaction.nick]);
    if (nicks.size === 0) return undefined;
    return [...nicks].map(([emoji, who]) => `${emoji}:${who.join(',')}`).join(';');
  }

  /** Keeps a nick for a DID, which gives up the one it had. False where it is somebody else's. */
  bind(did: string, nick: string): boolean {
    const lower = nick.toLowerCase();
    const owner = this.nickOwners.get(lower);
    if (owner !== undefined && owner !== did) return false;
    for (const [other, of] of this.nickOwners) if (of === did && other !== lower) this.nickOwners.delete(other);
    this.nickOwners.set(lower, did);
    return true;
  }

  /** The newest messages of a channel as a restarted server has them in memory: edits folded into what they edit. */
  recent(venue: string): HistoryEntry[] {
    const entries = new Map<string, HistoryEntry>();
    for (const row of this.between(venue, 0, Number.POSITIVE_INFINITY).slice(-REPLAYED)) {
      const known = entries.get(row.root);
      if (known !== undefined) {
        known.text = row.text;
        known.edited = true;
        continue;
      }
      const tags = new Map(row.tags);
      tags.delete('+draft/edit');
      if (row.did !== undefined) tags.set('account', row.did);
      const { sender, text, seconds, root } = row;
      entries.set(root, { sender, text, seconds, tags, msgid: root, edited: row.msgid !== root });
    }
    return [...entries.values()];
  }
}

const sameReaction = (a: Reaction, b: Reaction): boolean =>
  a.root === b.root &&
  a.emoji === b.emoji &&
  (a.did !== undefined && b.did !== undefined ? a.did === b.did : a.nick === b.nick);

export const newRecord = (): ChannelRecord => ({
  topic: undefined,
  founder: undefined,
  didOps: new Set(),
  modes: new Set(),
  key: undefined,
  bans: [],
  exceptions: [],
  pins: [],
});

export const newChannel = (name: string, record: ChannelRecord, history: HistoryEntry[]): Channel => ({
  name,
  record,
  members: new Set(),
  ops: new Set(),
  halfops: new Set(),
  voiced: new Set(),
  remote: new Map(),
  invites: new Set(),
  history,
});

/** Whether a DID has power in a channel wherever its connection is. */
export const isAuthority = ({ record }: Channel, did: string | null | undefined): boolean =>
  typeof did === 'string' && (record.founder === did || record.didOps.has(did));

/** A mask names a DID, or is a glob over `nick!user@host`. */
export const isListed = (list: readonly ListEntry[], hostmask: string, did: string | null | undefined): boolean =>
  list.some(({ mask }) => (mask.startsWith('did:') ? mask === did : glob(mask).test(hostmask)));

const glob = (mask: string): RegExp =>
  new RegExp(
    `^${mask.replace(/[.*+?^${}()|[\]\\]/g, (char) => (char === '*' ? '.*' : char === '?' ? '.' : `\\${char}`))}$`,
    'i',
  );
