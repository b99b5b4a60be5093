import type { Directory } from '../../core/authority/directory.ts';
import type { Sql } from '../../ports/db.ts';
import type { Kit } from '../kit.ts';

const SHUT = 'shut:';

/** Why, and since when. */
export type Shut = { readonly sinceMs: number; readonly cause: string };

/**
 * People of whom nothing is passed on before the authority has answered once more: somebody whom it trusts said that they
 * were shut out. On disk, so that a restart does not let them through.
 */
export class ShutGates {
  readonly #kit: Kit;
  readonly #shut = new Map<string, Shut>();

  constructor(kit: Kit) {
    this.#kit = kit;
  }

  async load(): Promise<void> {
    const { db, stores } = this.#kit;
    const rows = await db.transaction((sql) => stores.cursor.list(sql, SHUT));
    for (const [name, value] of rows) this.#shut.set(name.slice(SHUT.length), JSON.parse(value) as Shut);
  }

  /** Subject keys. */
  all(): readonly string[] {
    return [...this.#shut.keys()];
  }

  isShut(subject: string): boolean {
    return this.#shut.has(subject);
  }

  /** Within a commit; {@link shut} follows it. */
  async store(sql: Sql, subjects: readonly string[], shut: Shut): Promise<void> {
    for (const subject of subjects) await this.#kit.stores.cursor.set(sql, SHUT + subject, JSON.stringify(shut));
  }

  shut(subjects: readonly string[], shut: Shut): void {
    for (const subject of subjects) this.#shut.set(subject, shut);
  }

  /** Shuts those of these gates that are shut on disk, and were not known to be. @returns whether there were any */
  async reload(subjects: readonly string[]): Promise<boolean> {
    const { db, stores } = this.#kit;
    const unknown = subjects.filter((subject) => !this.isShut(subject));
    const rows = await db.transaction((sql) =>
      Promise.all(unknown.map((subject) => stores.cursor.get(sql, SHUT + subject))),
    );
    rows.forEach((value, at) => {
      if (value !== undefined) this.#shut.set(unknown[at] ?? '', JSON.parse(value) as Shut);
    });
    return rows.some((value) => value !== undefined);
  }

  /** Opens for those of whom the authority has said since how they stand. @returns them */
  settle(directory: Directory): readonly string[] {
    const answered = [...this.#shut].filter(([subject, { sinceMs }]) => {
      const known = directory.member(subject);
      return known.kind !== 'unknown' && known.freshness.asOfMs >= sinceMs;
    });
    if (answered.length === 0) return [];
    const subjects = answered.map(([subject]) => subject);
    for (const subject of subjects) this.#shut.delete(subject);
    void this.#forget(subjects);
    return subjects;
  }

  async #forget(subjects: readonly string[]): Promise<void> {
    const { db, stores, log } = this.#kit;
    try {
      await db.transaction(async (sql) => {
        for (const subject of subjects) if (!this.isShut(subject)) await stores.cursor.delete(sql, SHUT + subject);
      });
    } catch (error) {
      // After a restart they wait once more until the authority has answered.
      log.debug('a gate that opened is still noted as shut', { error: String(error) });
    }
  }
}
