import { printable } from '../cli/terminal-text.ts';

/** A record of the bridge's audit log; see docs/audit-log.md. */
type AuditRecord = Readonly<Record<string, unknown>>;

/** What each action is for the person concerned. Other actions arrange rooms and move nobody. */
const ACTIONS: ReadonlyMap<unknown, { readonly mark: string; readonly is: string }> = new Map([
  ['invite', { mark: '→', is: 'is invited' }],
  ['unban', { mark: '→', is: 'is banned no more' }],
  ['kick', { mark: '←', is: 'is put out' }],
  ['reject', { mark: '←', is: 'is not let in' }],
  ['withdraw', { mark: '←', is: 'is invited no more' }],
  ['ban', { mark: '←', is: 'is banned' }],
  ['irc.kick', { mark: '←', is: 'is put out of the channel' }],
  ['power', { mark: '↕', is: 'powers change' }],
]);
const SPACE = /^space:/;

/** What a person who watches the sandbox sees of one record: who was let in or put out where, and why. */
export function auditLine(line: string): string | undefined {
  const record = parse(line);
  const action = ACTIONS.get(record?.action);
  if (record === undefined || action === undefined) return undefined;
  const { phase, result } = record;
  if ((phase !== 'outcome' && phase !== 'denied') || result === 'not-needed') return undefined;
  const place = placeOf(String(record.resource));
  const [who, why] = whoAndWhy(record);
  const what = phase === 'denied' ? 'is not let in' : action.is;
  const failure = phase === 'outcome' && result !== 'done' ? ` (it did not work: ${result}; it is tried again)` : '';
  const name = who === '' ? '' : `${who} `;
  return printable(`  ${timeOf(record.ts)}  ${action.mark} ${place}  ${name}${what}: ${firstSentence(why)}${failure}`);
}

function placeOf(resource: string): string {
  if (resource === 'space:coop') return 'the Space';
  if (SPACE.test(resource)) return `the Space of ${resource.replace(SPACE, '')}`;
  return resource.replace(/^channel:[^/]*\//, '').replace(/^room:/, '#');
}

/** The sentence begins with the Matrix id where there is one; on IRC the subject is an account or a nick. */
function whoAndWhy({ why, subject }: AuditRecord): readonly [who: string, why: string] {
  const match = /^@([^:]*):\S+: (.*)$/s.exec(String(why));
  if (match !== null) return [match[1] ?? '', match[2] ?? ''];
  return [String(subject).split(' ').at(-1) ?? '', String(why)];
}

/** What is; what to do next is for the person concerned, who is told the rest. */
const firstSentence = (text: string): string => text.replace(/^(.*?[.;])\s.*$/s, '$1').replace(/;$/, '.');

function timeOf(ts: unknown): string {
  const at = new Date(String(ts));
  return Number.isNaN(at.getTime()) ? '' : at.toTimeString().slice(0, 8);
}

function parse(line: string): AuditRecord | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as AuditRecord) : undefined;
  } catch {
    return undefined;
  }
}
