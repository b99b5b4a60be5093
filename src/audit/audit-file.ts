import { fail, ok, type Result } from '../core/errors.ts';
import type { Audit, AuditEntry } from '../ports/audit.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import { boundedEntry } from './bounded-entry.ts';
import { passes, sentence } from './file-errors.ts';
import { LateEntries, type Pending, type Taken } from './late-entries.ts';
import { type Draft, type FileMark, LogFile, WrongLog } from './log-file.ts';
import { checkpoint, note, openingRecords } from './own-records.ts';

export type AuditOptions = {
  readonly path: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Records between two signatures; 256 when left out. */
  readonly checkpointEvery?: number;
  /** A disk that has not answered for so long counts as one that cannot be written. 2 s when left out. */
  readonly patienceMs?: number;
  /** How often it is tried again. 1 s when left out. */
  readonly retryMs?: number;
};

/** Entries that go to the disk with one flush; more make the others wait. */
const MAX_BATCH = 500;
const MAX_WAITING = 20_000;

type Job = { readonly pending: readonly Pending[]; readonly answer: (written: boolean) => void };

/**
 * Opens the audit log, or begins one.
 * @returns an error where the path is no log of ours or may not be used; a log that only cannot be written now (full or
 *   read-only disk) is opened, says so in `problem`, and goes on by itself
 */
export async function openAuditLog(options: AuditOptions): Promise<Result<Audit>> {
  const audit = new AuditFile(options);
  const refusal = await audit.open();
  if (refusal === undefined) return ok(audit);
  return fail({ code: 'audit_unusable', text: refusal, retry: 'never', notify: 'log' });
}

class AuditFile implements Audit {
  readonly #options: AuditOptions;
  readonly #waiting: Job[] = [];
  readonly #late = new LateEntries();
  #file: LogFile | undefined;
  /** Of the file that failed. */
  #known: FileMark | undefined;
  #problem: { readonly text: string; readonly since: string } | undefined;
  #sinceCheckpoint = 0;
  #waitingEntries = 0;
  #running: Promise<void> | undefined;
  #cancelRetry: () => void = () => undefined;
  #closing: Promise<void> | undefined;

  constructor(options: AuditOptions) {
    this.#options = options;
  }

  get problem(): string | undefined {
    return this.#problem?.text;
  }

  /** @returns why it must not be used at all */
  async open(): Promise<string | undefined> {
    try {
      await this.#append([]);
    } catch (error) {
      if (passes(error)) this.#fails(error);
      else {
        await this.#file?.close();
        return sentence(error, this.#options.path);
      }
    }
    return undefined;
  }

  write(entries: readonly AuditEntry[]): Promise<boolean> {
    const ts = this.#now();
    const pending = entries.map((entry) => ({ fields: boundedEntry(entry), ts }));
    if (pending.length === 0) return Promise.resolve(this.#problem === undefined && this.#closing === undefined);
    const full = this.#waitingEntries + pending.length > MAX_WAITING;
    if (this.#problem !== undefined || this.#closing !== undefined || full) {
      this.#late.add(pending);
      // Otherwise they would wait for the next failure to be over.
      if (this.#problem === undefined && this.#closing === undefined) this.#begin(WAITS_TOO_LONG(this.#options.path));
      return Promise.resolve(false);
    }
    return new Promise((answer) => {
      this.#waitingEntries += pending.length;
      this.#waiting.push({ pending, answer: this.#within(answer) });
      this.#running ??= this.#drain();
    });
  }

  /** Writes what was handed in, signs it, and takes nothing more. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#cancelRetry();
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = this.#options.clock.after(this.#patienceMs, resolve);
    await Promise.race([promise, this.#finish().catch(() => undefined)]);
    cancel();
  }

  async #finish(): Promise<void> {
    // What ends may have begun something else: the next batch.
    while (this.#running !== undefined) await this.#running;
    if (this.#problem !== undefined) await this.#recover();
    if (this.#late.size > 0)
      this.#options.log.error('The audit log could not be written before the end; what happened is lost to it.', {
        entries: this.#late.size,
      });
    const file = this.#file;
    if (file === undefined) return;
    if (this.#problem === undefined && this.#sinceCheckpoint > 0) {
      await file.append([checkpoint(file.key, this.#now())]);
      await file.noteHead();
    }
    await file.close();
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      // What the rest of this tick brings shares the flush.
      await new Promise((resolve) => setImmediate(resolve));
      await this.#flush(this.#nextBatch());
    }
    this.#running = undefined;
  }

  #nextBatch(): readonly Job[] {
    let entries = 0;
    let jobs = 0;
    for (const { pending } of this.#waiting) {
      if (jobs > 0 && entries + pending.length > MAX_BATCH) break;
      entries += pending.length;
      jobs++;
    }
    this.#waitingEntries -= entries;
    return this.#waiting.splice(0, jobs);
  }

  async #flush(jobs: readonly Job[]): Promise<void> {
    const pending = jobs.flatMap((job) => job.pending);
    try {
      if (this.#problem !== undefined && this.#file === undefined) throw new StillAway(this.#problem.text);
      const trouble = await this.#append(pending);
      for (const { answer } of jobs) answer(true);
      if (trouble !== undefined) this.#fails(trouble);
    } catch (error) {
      this.#late.add(pending);
      for (const { answer } of jobs) answer(false);
      if (!(error instanceof StillAway)) this.#fails(error);
    }
  }

  /**
   * @returns what hindered the head from following: the entries are on disk, but that the end is there cannot be shown
   * @throws where they are not on disk
   */
  async #append(pending: readonly Pending[]): Promise<unknown> {
    const opened: Draft[] = [];
    if (this.#file === undefined) {
      this.#file = await LogFile.open(this.#options.path, this.#known);
      opened.push(...this.#begins(this.#file));
    }
    const file = this.#file;
    const drafts = [...opened, ...pending.map(({ fields, ts }): Draft => ({ kind: 'entry', fields, ts }))];
    if (drafts.length === 0) return undefined;
    const signs = this.#sinceCheckpoint + drafts.length >= (this.#options.checkpointEvery ?? 256);
    await file.append(signs ? [...drafts, checkpoint(file.key, this.#now())] : drafts);
    this.#sinceCheckpoint = signs ? 0 : this.#sinceCheckpoint + drafts.length;
    return file.noteHead().then(
      () => undefined,
      (error: unknown) => error ?? new Error('the head was not written'),
    );
  }

  #begins({ finding, key }: LogFile): Draft[] {
    const { path, log } = this.#options;
    if (finding.kind === 'break')
      log.error('The audit log is not as it was left; from here on it goes on, and it does not verify before.', {
        path,
        why: finding.why,
      });
    return openingRecords(finding, key, this.#now());
  }

  #fails(error: unknown): void {
    // It is opened anew, which finds out how far it is whole. Another's changes are not ours to remove.
    this.#known = error instanceof WrongLog ? undefined : (this.#file?.mark ?? this.#known);
    const left = this.#file;
    this.#file = undefined;
    void left?.close();
    this.#begin(sentence(error, this.#options.path));
  }

  #begin(text: string): void {
    if (this.#problem?.text !== text) this.#options.log.error(text);
    this.#problem = { text, since: this.#problem?.since ?? this.#now() };
    this.#retryLater();
  }

  #retryLater(): void {
    this.#cancelRetry();
    if (this.#closing !== undefined) return;
    this.#cancelRetry = this.#options.clock.after(this.#options.retryMs ?? 1000, () => {
      // A disk that hangs still has the last batch.
      if (this.#running !== undefined) this.#retryLater();
      else
        this.#running = this.#recover().finally(() => {
          this.#running = this.#waiting.length > 0 ? this.#drain() : undefined;
        });
    });
  }

  /** Writes what happened meanwhile, beginning with why it comes late. */
  async #recover(): Promise<void> {
    const before = this.#problem;
    if (before === undefined) return;
    const taken = this.#late.take();
    const { length } = taken.entries;
    const why =
      `The log could not be written since ${before.since}: ${before.text} ` +
      `${length} entries of that time follow; ${taken.lost} refusals and intents to let somebody in were not kept.`;
    if (!(await this.#tell(taken, [{ fields: note('outage', why), ts: this.#now() }, ...taken.entries]))) return;
    this.#problem = undefined;
    this.#options.log.info('The audit log can be written again.', { late: length, notKept: taken.lost });
    // What came while this was being written.
    const rest = this.#late.take();
    if (rest.entries.length > 0) await this.#tell(rest, rest.entries);
  }

  async #tell(taken: Taken, pending: readonly Pending[]): Promise<boolean> {
    try {
      const trouble = await this.#append(pending);
      if (trouble === undefined) return true;
      this.#fails(trouble);
    } catch (error) {
      this.#late.putBack(taken);
      this.#fails(error);
    }
    return false;
  }

  /** An answer that does not wait for a disk that hangs. The entries still go to the disk should it come back. */
  #within(answer: (written: boolean) => void): (written: boolean) => void {
    const cancel = this.#options.clock.after(this.#patienceMs, () => {
      if (this.#problem === undefined) this.#begin(WAITS_TOO_LONG(this.#options.path));
      answer(false);
    });
    return (written) => {
      cancel();
      answer(written);
    };
  }

  get #patienceMs(): number {
    return this.#options.patienceMs ?? 2000;
  }

  #now(): string {
    return new Date(this.#options.clock.nowMs()).toISOString();
  }
}

/** It was not tried: the retry does that. */
class StillAway extends Error {}

const WAITS_TOO_LONG = (path: string): string => `The audit log ${path} does not keep up: its disk hardly answers.`;
