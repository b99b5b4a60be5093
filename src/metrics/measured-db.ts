import type { Db } from '../ports/db.ts';
import type { Metrics } from '../ports/metrics.ts';

/** The same database, its durable commits timed from the call to the disk's answer. */
export function measuredDb(db: Db, metrics: Metrics): Db {
  return {
    engine: db.engine,
    get healthy() {
      return db.healthy;
    },
    get problem() {
      return db.problem;
    },
    transaction: async (work) => {
      const from = performance.now();
      try {
        return await db.transaction(work);
      } finally {
        metrics.commitSeconds.observe((performance.now() - from) / 1000);
      }
    },
    close: () => db.close(),
  };
}
