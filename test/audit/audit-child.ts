/** Writes entries to the log at argv[2] as fast as it can, printing the number of each that was acknowledged, until killed. */
import { openAuditLog } from '../../src/audit/audit-file.ts';
import { realClock, recordingLog } from '../db/kit.ts';
import { entry } from './entry.ts';

const opened = await openAuditLog({ path: process.argv[2] ?? '', clock: realClock, log: recordingLog() });
if (!opened.ok) throw new Error(opened.error.text);
process.stdout.write('ready\n');
for (let n = 1; ; n++) {
  const one = entry({ subject: `i member${n}`, why: 'y'.repeat(900), revision: n });
  const written = await Promise.all([opened.value.write([one, one]), opened.value.write([one])]);
  if (written.every(Boolean)) process.stdout.write(`${n}\n`);
}
