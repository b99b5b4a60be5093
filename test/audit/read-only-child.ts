/** On a small disk mounted at argv[2], read-only at first: opens a log, makes the disk writable, and prints what became of it. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { openAuditLog } from '../../src/audit/audit-file.ts';
import { verifyLog } from '../../src/audit/read-log.ts';
import { realClock, recordingLog, until } from '../db/kit.ts';
import { entry } from './entry.ts';

const dir = process.argv[2] ?? '';
const path = join(dir, 'data', 'audit.jsonl');
const remount = (how: 'ro' | 'rw'): unknown => spawnSync('mount', ['-o', `remount,${how}`, dir]).status;

const remounted = [remount('ro')];
const opened = await openAuditLog({ path, clock: realClock, log: recordingLog(), retryMs: 20 });
if (!opened.ok) throw new Error(opened.error.text);
const audit = opened.value;
const { problem } = audit;
const first = await audit.write([entry()]);
remounted.push(remount('rw'));
await until('the log goes on', () => audit.problem === undefined);
await audit.close();
const { verdict } = await verifyLog(path);
process.stdout.write(
  `${JSON.stringify({ remounted, problem, first, entries: verdict.ok ? verdict.state.entries : verdict })}\n`,
);
