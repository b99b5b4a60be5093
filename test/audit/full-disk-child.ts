/** On a small disk mounted at argv[2]: fills it, writes, frees it, and prints what became of the log. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openAuditLog } from '../../src/audit/audit-file.ts';
import { verifyLog } from '../../src/audit/read-log.ts';
import { realClock, recordingLog, until } from '../db/kit.ts';
import { entry } from './entry.ts';

const dir = process.argv[2] ?? '';
const log = recordingLog();
const opened = await openAuditLog({ path: join(dir, 'audit.jsonl'), clock: realClock, log, retryMs: 20 });
if (!opened.ok) throw new Error(opened.error.text);
const audit = opened.value;
const first = await audit.write([entry()]);

const ballast = join(dir, 'ballast');
for (let size = 1 << 20; size > 0; size >>= 1) {
  try {
    for (;;) writeFileSync(ballast, Buffer.alloc(size, 1), { flag: 'a' });
  } catch {
    // Smaller pieces fit still.
  }
}
let refused = 0;
for (let n = 0; n < 40; n++)
  if (!(await audit.write([entry({ cause: `change ${n}`, why: 'z'.repeat(900) })]))) refused++;
const { problem } = audit;
rmSync(ballast);
await until('the log goes on', () => audit.problem === undefined);
const after = await audit.write([entry({ cause: 'change 99' })]);
await audit.close();
const { verdict } = await verifyLog(join(dir, 'audit.jsonl'));
process.stdout.write(
  `${JSON.stringify({ first, refused: refused > 0, problem, after, entries: verdict.ok ? verdict.state.entries : verdict, log: log.lines })}\n`,
);
