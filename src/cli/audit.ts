import { stat } from 'node:fs/promises';
import { fingerprint } from '../audit/chain-tools.ts';
import { exportEntry, isAbout, isMeant, namesOf, namesOfOthers, plainSubject } from '../audit/export-entries.ts';
import { type LogVerdict, logLines, verifyLog } from '../audit/read-log.ts';
import { type AuditRecord, canonicalJson, type Scalar } from '../core/authority/audit-chain.ts';
import { auditPath } from './audit-path.ts';
import { parseArguments, type Run } from './command.ts';
import { printable } from './terminal-text.ts';

export const EXIT = { well: 0, wrong: 1, unusable: 2 } as const;

/** What the command touches besides the log; the process's own where left out. */
export type AuditSurroundings = {
  readonly folder: string;
  readonly print: (text: string) => void;
  readonly complain: (text: string) => void;
};

export const audit: Run = (argv) =>
  runAudit(argv, {
    folder: process.cwd(),
    print: (text) => void process.stdout.write(text),
    complain: (text) => void process.stderr.write(text),
  });

type Task = (path: string, flags: Readonly<Record<string, unknown>>, around: AuditSurroundings) => Promise<number>;

/** @returns the exit code */
export async function runAudit(argv: readonly string[], around: AuditSurroundings): Promise<number> {
  const refuse = (text: string): number => {
    around.complain(`${text}\n`);
    return EXIT.unusable;
  };
  const parsed = parseArguments('audit', argv);
  if (!parsed.ok) return refuse(parsed.text);
  const { flags, words } = parsed;
  const task = words[0] === 'export' ? exportSubject : verify;
  const config = typeof flags.config === 'string' ? flags.config : undefined;
  const found = typeof flags.file === 'string' ? { path: flags.file } : await auditPath(config, around.folder);
  if ('problem' in found) return refuse(found.problem);
  try {
    // A pipe or a device has no end.
    if (!(await stat(found.path)).isFile()) return refuse(`${printable(found.path)} is no file.`);
    return await task(found.path, flags, around);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    return refuse(code === 'ENOENT' ? `There is no audit log at ${printable(found.path)}.` : printable(message));
  }
}

const verify: Task = async (path, flags, { print }) => {
  const result = await verifyLog(path);
  const { verdict, publicKey, tornBytes } = result;
  const key = fingerprint(publicKey);
  if (!verdict.ok) {
    print(`${printable(path)} is not what was written.\nLine ${verdict.line} ${printable(verdict.why)}\n`);
    return EXIT.wrong;
  }
  if (typeof flags.key === 'string' && flags.key !== key) {
    print(`${printable(path)} was made with another key: ${key}. All of it may have been made anew.\n`);
    return EXIT.wrong;
  }
  print(`${summary(path, result, key)}\n`);
  if (tornBytes > 0) print(TORN(tornBytes));
  return EXIT.well;
};

function summary(path: string, { verdict }: LogVerdict, key: string): string {
  if (!verdict.ok) return '';
  const { firstTs = '', lastTs = '', checkpoints, signedSeq, entries } = verdict.state;
  const after = verdict.count - signedSeq;
  return [
    `${printable(path)} is whole: ${verdict.count} records (${entries} entries), ${printable(firstTs)} to ${printable(lastTs)}.`,
    checkpoints === 0
      ? 'No checkpoint yet; only the head is signed.'
      : `${checkpoints} checkpoints, signed to record ${signedSeq} (${after} newer); the head is signed.`,
    `Key ${key}`,
  ].join('\n');
}

const TORN = (bytes: number): string =>
  `The last ${bytes} bytes are a line that is not finished: it is being written, or the bridge was killed. Its next start removes it.\n`;

const exportSubject: Task = async (path, flags, { print, complain }) => {
  const asked = new Set((Array.isArray(flags.subject) ? flags.subject : []).map((name) => plainSubject(String(name))));
  if (asked.size === 0) {
    complain('Say whose records with --subject.\n');
    return EXIT.unusable;
  }
  const { verdict } = await verifyLog(path);
  const whose = new Set([...asked].flatMap(namesOf));
  const others = new Set<string>();
  const meant = new Set<string>();
  let found = 0;
  for await (const record of records(path)) {
    for (const name of namesOfOthers(record, whose)) others.add(name);
    if (isAbout(record, asked)) found++;
    for (const one of asked) if (isMeant(record, one)) meant.add(String(record.subject));
  }
  if (found === 0) {
    const hint =
      meant.size === 0
        ? ''
        : ` Did you mean ${[...meant]
            .slice(0, 3)
            .map((name) => JSON.stringify(name))
            .join(' or ')}?`;
    complain(`The log has no record of ${printable([...asked].join(', '))}.${printable(hint)}\n`);
    return EXIT.wrong;
  }
  for await (const record of records(path))
    if (isAbout(record, asked)) print(`${canonicalJson(exportEntry(record, whose, others))}\n`);
  if (verdict.ok) return EXIT.well;
  complain(`The log is not what was written: line ${verdict.line} ${printable(verdict.why)}\n`);
  return EXIT.wrong;
};

/** Records as far as they can be read, also of a log that was changed. */
async function* records(path: string): AsyncGenerator<AuditRecord> {
  for await (const { text } of logLines(path)) {
    const record = parsed(text);
    if (record !== undefined) yield record;
  }
}

function parsed(line: string): AuditRecord | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, Scalar> as AuditRecord) : undefined;
  } catch {
    return undefined;
  }
}
