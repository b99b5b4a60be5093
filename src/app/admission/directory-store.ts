import type { Directory } from '../../core/authority/directory.ts';
import type { Member } from '../../core/authority/member.ts';
import type { Kit } from '../kit.ts';

/** When the authority last said anything, and whether everybody was named by then. */
const NEWEST = 'authority:newest';
const WHOSE = 'authority:whose';
/** The moment of the newest word is written at most this often: it only says how old what we know is. */
const NOTE_EVERY_MS = 10_000;

/**
 * What the authority last said, on disk: a bridge that starts while the authority is down still knows who was admitted and
 * who was not.
 */
export class DirectoryStore {
  readonly #kit: Kit;
  #notedMs = 0;

  constructor(kit: Kit) {
    this.#kit = kit;
  }

  /** @param issuer of the subjects; what another authority said is forgotten */
  async load(directory: Directory, issuer: string): Promise<void> {
    const { db, stores } = this.#kit;
    const { rows, newest } = await db.transaction(async (sql) => {
      if ((await stores.cursor.get(sql, WHOSE)) !== issuer) {
        await stores.authority.clear(sql);
        await stores.cursor.delete(sql, NEWEST);
        await stores.cursor.set(sql, WHOSE, issuer);
      }
      return { rows: await stores.authority.members(sql), newest: await stores.cursor.get(sql, NEWEST) };
    });
    if (newest === undefined) return;
    const { asOfMs, isComplete } = JSON.parse(newest) as { asOfMs: number; isComplete: boolean };
    directory.restoreFrom(
      rows.flatMap(({ json, revision, asOfMs: saidMs, subject }) => [
        { subject, member: json === null ? null : (JSON.parse(json) as Member), revision, asOfMs: saidMs },
      ]),
      { asOfMs, isComplete },
    );
  }

  async save(directory: Directory, subjects: readonly string[]): Promise<void> {
    const { db, stores, clock } = this.#kit;
    const rows = subjects.flatMap((subject) => {
      const known = directory.member(subject);
      if (known.kind === 'unknown') return [];
      const { revision, asOfMs } = known.freshness;
      return [{ subject, json: known.kind === 'found' ? JSON.stringify(known.value) : null, revision, asOfMs }];
    });
    this.#notedMs = clock.nowMs();
    await db.transaction(async (sql) => {
      await stores.authority.put(sql, rows);
      await stores.cursor.set(sql, NEWEST, this.#newest(directory));
    });
  }

  /** The authority answered and nothing changed. */
  async stillSo(directory: Directory): Promise<void> {
    const { db, stores, clock } = this.#kit;
    if (clock.nowMs() - this.#notedMs < NOTE_EVERY_MS) return;
    this.#notedMs = clock.nowMs();
    await db.transaction((sql) => stores.cursor.set(sql, NEWEST, this.#newest(directory)));
  }

  #newest(directory: Directory): string {
    return JSON.stringify({ asOfMs: directory.asOfMs ?? 0, isComplete: directory.isComplete });
  }
}
