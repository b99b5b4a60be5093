/**
 * The append-only record of what was decided about people and why. No message bodies. Written before an effect
 * (`intent`) and after it (`outcome`); denials too.
 */
export type AuditEntry = {
  readonly phase: 'intent' | 'outcome' | 'denied' | 'held' | 'confirmed' | 'note';
  /** Who caused it: `authority`, `reconcile`, `timer`, or a Matrix id. */
  readonly actor: string;
  /** Of a Matrix id that acts as more than itself: its role (`coordinator`). An export for somebody else names only this. */
  readonly actorRole?: string;
  /** Id of the change, command or run that caused it; joins intent and outcome. */
  readonly cause: string;
  /** Subject key, or a handle where there is no subject; empty for what concerns nobody. */
  readonly subject: string;
  /** What is done: `invite`, `kick`, `ban`, `unban`, `power`, `irc.kick`, `link`, `space.child`, … */
  readonly action: string;
  /** `space:<id>`, `channel:<network>/<name>`, `shard:<id>`. */
  readonly resource: string;
  /** The sentence that explains it to a person. */
  readonly why: string;
  /** Positive statement it rests on: revision of the authority's answer; null where it rests on none. */
  readonly revision: number | null;
  /** Of an outcome: `done`, `not-needed` (nothing was left to do when its turn came), or the code of what went wrong. */
  readonly result?: string;
};

export interface Audit {
  /** Resolves once it is on disk. @returns false where it cannot be written: grants stop, removals go on */
  write(entries: readonly AuditEntry[]): Promise<boolean>;
  /** A sentence while it cannot be written. */
  readonly problem: string | undefined;
  close(): Promise<void>;
}

/** Where nobody decides, there is nothing to record. */
export const noAudit: Audit = {
  write: () => Promise.resolve(true),
  problem: undefined,
  close: () => Promise.resolve(),
};
