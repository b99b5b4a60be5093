import type { Agreement } from '../../core/authority/agreement.ts';
import type { Directory } from '../../core/authority/directory.ts';
import { nextChangeAtMs } from '../../core/authority/expiry.ts';
import type { AuthorityUpdate, Freshness } from '../../core/authority/member.ts';
import type { Authority } from '../../ports/authority.ts';
import type { Kit } from '../kit.ts';
import { atMoment } from '../timing/alarm.ts';
import { Backoff } from '../timing/backoff.ts';
import type { Concerned } from './admission.ts';
import { DirectoryLooks } from './directory-looks.ts';
import type { DirectoryStore } from './directory-store.ts';

/** Without a word for so long the authority's stream is taken for dead: three heartbeats. */
const SILENT_MS = 30_000;

export type DirectoryFeedParts = {
  readonly kit: Kit;
  readonly authority: Authority;
  readonly directory: Directory;
  readonly store: DirectoryStore;
  /** Something is known of these that was not; `undefined`: perhaps of anybody. Called after the directory has it. */
  readonly onChanged: (whom: Concerned | undefined, cause: string) => void;
  /** All agreements with other shards, as the authority has them now. */
  readonly onAgreements: (agreements: readonly Agreement[], freshness: Freshness) => Promise<void>;
  /** A sentence for the admin room. */
  readonly onAlert: (text: string) => void;
  /** The authority said something, new or not. Called after {@link onChanged}. */
  readonly onSaid: () => void;
  /** Whether somebody waits for what the authority says of this subject. */
  readonly isAwaited: (subject: string) => boolean;
};

/** Follows the authority: what it says goes into the directory at once, then to those who act on it. */
export class DirectoryFeed {
  readonly #parts: DirectoryFeedParts;
  readonly #stop = new AbortController();
  readonly #looks: DirectoryLooks;
  #running: Promise<void> | undefined;
  #cancelExpiry = (): void => {};
  #cancelSilence = (): void => {};
  /** Whatever ended or began by itself up to this moment was told. */
  #settledMs: number;
  #problem: string | undefined = 'The authority was not heard yet.';

  constructor(parts: DirectoryFeedParts) {
    this.#parts = parts;
    const { kit, authority, isAwaited } = parts;
    this.#settledMs = kit.clock.nowMs();
    this.#looks = new DirectoryLooks({ kit, authority, isAwaited, take: (update) => this.#take(update) });
  }

  /** Asks now. @param subjects subject keys; none of them: about everybody */
  look(subjects: readonly string[]): void {
    this.#looks.look(subjects);
  }

  /** A sentence while the authority says nothing that can be used. */
  get problem(): string | undefined {
    return this.#problem;
  }

  start(): void {
    this.#planExpiry();
    this.#running = this.#follow();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    this.#looks.stop();
    this.#cancelExpiry();
    this.#cancelSilence();
    await this.#parts.authority.close();
    await this.#running;
  }

  async #follow(): Promise<void> {
    const { kit, authority } = this.#parts;
    const backoff = new Backoff(kit.clock, 200, 10_000);
    while (!this.#stop.signal.aborted) {
      try {
        for await (const update of authority.watch(this.#stop.signal)) {
          this.#listenFor();
          if (update.kind !== 'unknown') backoff.reset();
          await this.#take(update);
        }
      } catch (error) {
        kit.log.error('a bug: the authority’s stream failed', { error: String(error) });
      }
      if (!this.#stop.signal.aborted) await new Promise<void>((resolve) => kit.clock.after(backoff.nextMs(), resolve));
    }
  }

  async #take(update: AuthorityUpdate): Promise<void> {
    const { kit, directory, store, onChanged, onAlert, onSaid } = this.#parts;
    if (update.kind === 'gap') return this.#reread();
    if (update.kind === 'unknown') return this.#unknown(update.text);
    if (update.kind === 'agreements') return this.#parts.onAgreements(update.agreements, update.freshness);
    const { changed, alerts, touched } = directory.apply(update);
    // Who names nobody at all says nothing that can be used.
    if (directory.lastSnapshotWasEmpty) this.#problem = alerts[0] ?? this.#problem;
    else this.#heard();
    kit.metrics.authorityUpdates.add({ outcome: changed.length > 0 ? 'applied' : 'unchanged' });
    for (const alert of alerts) onAlert(alert);
    if (changed.length > 0) onChanged({ subjects: changed, handles: touched }, causeOf(update));
    onSaid();
    if (changed.length === 0) return store.stillSo(directory);
    kit.log.info('the authority said something new', { subjects: changed.length, cause: causeOf(update) });
    this.#planExpiry();
    await store.save(directory, changed);
  }

  async #reread(): Promise<void> {
    const { authority } = this.#parts;
    if (authority.description.supports.has('agreements')) {
      const agreed = await authority.agreements();
      if (agreed.kind === 'found') await this.#parts.onAgreements(agreed.value, agreed.freshness);
    }
    const all = await authority.snapshot();
    if (all.kind === 'found') return this.#take({ kind: 'snapshot', snapshot: all.value, freshness: all.freshness });
    if (all.kind === 'unknown') this.#unknown(all.text);
  }

  #unknown(text: string): void {
    const { kit } = this.#parts;
    kit.metrics.authorityUpdates.add({ outcome: 'unknown' });
    if (this.#problem === text) return;
    this.#problem = text;
    kit.log.warn('the authority does not say who is a member; nobody is removed, nobody new is let in', { why: text });
  }

  #heard(): void {
    const { kit, onChanged } = this.#parts;
    if (this.#problem === undefined) return;
    this.#problem = undefined;
    kit.log.info('the authority answers');
    // Who was to be let in waited for this.
    onChanged(undefined, 'authority answers');
  }

  #listenFor(): void {
    this.#cancelSilence();
    this.#cancelSilence = this.#parts.kit.clock.after(SILENT_MS, () =>
      this.#unknown('The authority has not said a word for half a minute; its stream is taken for dead.'),
    );
  }

  /** Roles and seats begin and end by themselves, with the authority down too. */
  #planExpiry(): void {
    const { kit, directory, onChanged } = this.#parts;
    this.#cancelExpiry();
    // From where it was last told: what is due is not passed over by whoever plans anew before its timer ran.
    const nextMs = nextChangeAtMs(directory.members(), this.#settledMs);
    if (nextMs === undefined) return;
    this.#cancelExpiry = atMoment(kit.clock, nextMs, (nowMs) => {
      this.#settledMs = nowMs;
      this.#planExpiry();
      onChanged(undefined, 'timer');
    });
  }
}

const causeOf = (update: AuthorityUpdate): string =>
  update.kind === 'member' || update.kind === 'snapshot' ? `authority@${update.freshness.revision}` : 'authority';
