import { stringify } from 'yaml';
import { z } from 'zod';
import { configSchema } from './schema.ts';
import { type Entry, elementOf, entriesOf } from './walk.ts';

const WIDTH = 110;

const HEAD = `Causeway's configuration. Made from src/config/schema.ts by \`causeway sample --write\`.

Copy it to config.yaml, put in your own names, then: causeway register, causeway check, npm start.
A line that begins with # and a letter is a key at its default or an example: take the # away to use it.
\${NAME} is replaced by the environment variable of that name ($\${ stands for a literal \${). Every secret, such
as password, can also be a file: passwordFile: PATH. Relative paths start at the folder of this file.
A SIGHUP reads this file again; docs/configuration.md says which keys it applies, and which need a restart.`;

/** The text of `config.sample.yaml`: every key once, with what it decides, its default or an example. */
export function renderSample(): string {
  const body = entriesOf(configSchema)
    .filter(({ doc }) => doc.sample !== 'hide')
    .flatMap((entry) => ['', ...entryLines(entry, false)]);
  return `${[...HEAD.split('\n').map(comment), ...body].join('\n')}\n`;
}

const comment = (text: string): string => `# ${text}`.trimEnd();

/** @param disabled the lines stand inside a map that is itself behind a `#` */
function mapLines(entries: readonly Entry[], disabled: boolean): string[] {
  return entries.filter(({ doc }) => doc.sample !== 'hide').flatMap((entry) => entryLines(entry, disabled));
}

function entryLines(entry: Entry, disabled: boolean): string[] {
  const live = entry.doc.sample === 'live';
  // Only the outermost disabled key brings its #: taking away one # a line has to give YAML.
  const hide = !live && !disabled;
  const inner = disabled || hide;
  const prose = wrap(entry.doc.text).map(comment);
  const lines = valueLines(entry, inner);
  return hide ? [...prose, ...lines.map((line) => `#${line}`)] : [...prose, ...lines];
}

function valueLines(entry: Entry, disabled: boolean): string[] {
  const entries = entriesOf(entry.schema);
  if (entries.length > 0) return [`${entry.name}:`, ...indent(mapLines(entries, disabled))];
  const inList = entriesOf(elementOf(entry.schema) ?? entry.schema);
  if (inList.length > 0) return [`${entry.name}:`, ...listLines(mapLines(inList, disabled))];
  return [`${entry.name}: ${entry.doc.example ?? stringify(defaultOf(entry.schema)).trimEnd()}`];
}

/** The first key of a list's entry carries the dash; its prose goes before it. */
function listLines(lines: readonly string[]): string[] {
  const first = lines.findIndex((line) => !line.startsWith('#'));
  return lines.map((line, i) => (i < first ? `  ${line}` : i === first ? `  - ${line}` : `    ${line}`));
}

const indent = (lines: readonly string[]): string[] => lines.map((line) => `  ${line}`);

/** The value that the schema fills in; undefined where there is none. */
export function defaultOf(schema: z.core.$ZodType): unknown {
  return schema instanceof z.ZodDefault ? schema.def.defaultValue : undefined;
}

function wrap(text: string): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + word.length >= WIDTH) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}
