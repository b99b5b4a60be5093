import type { Directory } from '../../core/authority/directory.ts';
import type { DirectoryRow } from '../../core/authority/directory-rows.ts';
import { StoreUnavailable } from '../../ports/db.ts';
import type { Kit } from '../kit.ts';
import { ENFORCED } from './caution.ts';

/** When the authority last said anything, and whether everybody was named by then. */
const NEWEST = 'authority:newest';
const WHOSE = 'authority:whose';
const SOURCE = 'authority:source';
/** The moment of the newest word is written at most this often: it only says how old what we know is. */
const NOTE_EVERY_MS = 10_000;

/** What a row says of a subject; of somebody who is gone, which handles they had. */
type Stored = Pick<DirectoryRow, 'member' | 'formerHandles' | 'formerRevision'>;

/**
 * What the authority last said, on disk: a bridge that starts while the authority is down still knows who was admitted and
 * who was not.
 */
export class DirectoryStore {
  readonly #kit: Kit;
  #notedMs = 0;
  /** Subjects of whom the disk may know less than we do: it was away when something new was said of them. */
  readonly #unsaved = new Set<string>();

  constructor(kit: Kit) {
    this.#kit = kit;
  }

  /**
   * @param issuer of the subjects; what another authority said is forgotten
   * @param source where it is asked: the first list of another one is shown before it is enforced anywhere
   */
  async load(directory: Directory, { issuer, source }: { issuer: string; source: string }): Promise<void> {
    const { db, stores, log } = this.#kit;
    const { rows, newest } = await db.transaction(async (sql) => {
      if ((await stores.cursor.get(sql, WHOSE)) !== issuer) {
        await stores.authority.clear(sql);
        await stores.cursor.delete(sql, NEWEST);
        await stores.cursor.set(sql, WHOSE, issuer);
      }
      const before = await stores.cursor.get(sql, SOURCE);
      if (before !== source) await stores.cursor.set(sql, SOURCE, source);
      if (before !== undefined && before !== source)
        for (const name of (await stores.cursor.list(sql, ENFORCED)).keys()) await stores.cursor.delete(sql, name);
      return { rows: await stores.authority.members(sql), newest: await stores.cursor.get(sql, NEWEST) };
    });
    if (newest === undefined) return;
    const { asOfMs, isComplete } = JSON.parse(newest) as { asOfMs: number | null; isComplete: boolean };
    const known = rows.map(({ json, revision, asOfMs: saidMs, subject }) => ({
      subject,
      revision,
      asOfMs: saidMs,
      ...(json === null ? { member: null } : (JSON.parse(json) as Stored)),
    }));
    if (!directory.restoreFrom(known, { asOfMs, isComplete }))
      log.warn('what was known of the members cannot be read; nobody is let in before the authority answers');
  }

  /** Where the disk is away it is tried again at the next word of the authority: what is known holds meanwhile. */
  async save(directory: Directory, subjects: readonly string[]): Promise<void> {
    for (const subject of subjects) this.#unsaved.add(subject);
    await this.#write(directory);
  }

  /** The authority answered and nothing changed. */
  async stillSo(directory: Directory): Promise<void> {
    if (this.#unsaved.size === 0 && this.#kit.clock.nowMs() - this.#notedMs < NOTE_EVERY_MS) return;
    await this.#write(directory);
  }

  async #write(directory: Directory): Promise<void> {
    const { db, stores, clock, log } = this.#kit;
    const subjects = [...this.#unsaved];
    this.#unsaved.clear();
    const rows = subjects.flatMap((each) => {
      const row = directory.row(each);
      if (row === undefined) return [];
      const { subject, revision, asOfMs, ...stored } = row;
      return [{ subject, json: JSON.stringify(stored satisfies Stored), revision, asOfMs }];
    });
    try {
      await db.transaction(async (sql) => {
        if (rows.length > 0) await stores.authority.put(sql, rows);
        await stores.cursor.set(sql, NEWEST, this.#newest(directory));
      });
      this.#notedMs = clock.nowMs();
    } catch (error) {
      for (const subject of subjects) this.#unsaved.add(subject);
      if (!(error instanceof StoreUnavailable)) throw error;
      log.warn('what the authority said could not be stored; it holds, and is stored when the database is back', {
        subjects: subjects.length,
      });
    }
  }

  #newest(directory: Directory): string {
    return JSON.stringify({ asOfMs: directory.asOfMs ?? null, isComplete: directory.isComplete });
  }
}
