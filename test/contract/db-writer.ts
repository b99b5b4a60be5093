/**
 * A child process that stores pairs of rows and says on its standard output which are acknowledged, until it is
 * killed. Arguments: the address of the database, and a name for this run.
 */
import { writeSync } from 'node:fs';
import { asNetworkId, makeLaneId, makePortalId } from '../../src/core/ids.ts';
import { openDatabase } from '../../src/db/open-database.ts';
import { stores } from '../../src/db/stores/stores.ts';
import { realClock, recordingLog } from '../db/kit.ts';

const WRITERS = 8;
const lane = makeLaneId(makePortalId(asNetworkId('home'), '#garden'), 'to-matrix');

const [url = '', run = ''] = process.argv.slice(2);
const opened = await openDatabase(url, {
  log: recordingLog(),
  clock: realClock,
  // Where the environment asks for it, the process ends as by `kill -9` within a step of the schema.
  failpoint: (name) => {
    if (process.env.KILL_AT === name) process.kill(process.pid, 'SIGKILL');
  },
});
if (!opened.ok) {
  writeSync(1, `refused ${opened.error.code}\n`);
  process.exit(2);
}
const db = opened.value;
let id = await db.transaction(async (sql) => Math.max(await stores.inbox.maxId(sql), await stores.outbox.maxId(sql)));
writeSync(1, 'ready\n');

async function write(writer: number): Promise<never> {
  for (let n = 0; ; n++) {
    const key = `${run}.${writer}.${n}`;
    id += 1;
    const row = { id, key, lane, payload: 'x'.repeat(500) };
    await db.transaction(async (sql) => {
      await stores.inbox.insert(sql, { ...row, source: 'matrix', receivedAtMs: 1, state: 'waiting', seen: 1 });
      await stores.outbox.insert(sql, [
        { ...row, state: 'pending', attempts: 0, createdAtMs: 1, detail: null, error: null },
      ]);
    });
    // Synchronous: what is written before the kill arrives.
    writeSync(1, `stored ${key}\n`);
  }
}

await Promise.all(Array.from({ length: WRITERS }, (_, index) => write(index)));
