import { z } from 'zod';
import { formOf } from './explain.ts';
import { defaultOf } from './sample.ts';
import { configSchema } from './schema.ts';
import { type Entry, elementOf, entriesOf } from './walk.ts';

const INTRO = `# Configuration

Made from \`src/config/schema.ts\` by \`causeway sample --write\`; a test keeps it so. Change the schema, not this page.

\`config.yaml\` is one YAML file. \`causeway check\` tries it and everything it names, and changes nothing. Mistakes are
told all at once, each with line, column and what to write instead; the exit code is 2, and nothing has happened.

- **Environment**: \`\${NAME}\` anywhere in a text is replaced by the environment variable of that name, and a start
  without it is refused. A value that comes whole out of the environment may stand for a number or for true and false.
  A literal \`\${\` is written \`$\${\`.
- **Secrets** can be kept in files: \`passwordFile: PATH\` instead of \`password\`, and so on for each key marked *secret*.
  The last line break of the file is left off. Secrets are never printed, neither in messages nor in logs.
- **Paths** that are relative start at the folder of the configuration.
- **Quotes**: a \`#\` after a space begins a comment in YAML, so channels, aliases and room ids stand in quotes.
- **Reload**: \`kill -HUP\` reads the file again. Keys marked *yes* are applied at once; a change of another one is named
  in the log and waits for the next start. A file with mistakes changes nothing.

Refused beside wrong values: two networks or groups of one id, two channels that share a room, a channel with two
rooms (also when one server stands under two network ids), a room that is also a Space, the lobby or the admin room, an
unknown \`group\`, group parents that are unknown or stand in a circle, an \`authority.source\` without what it needs
(\`path\`, or the section of its name), a SCIM token of less than 32 characters with which a directory writes to us,
\`require\` or \`join: invite\` without an authority, \`softSeconds\` above \`hardSeconds\`, and \`http.listen\` on
the place of \`appservice.listen\`. What is allowed and does nothing, or not what it seems to, is a warning: it is told
at the start and by \`causeway check\`.

## The registration

\`causeway register\` writes \`registration.yaml\` (readable by its owner only) with fresh tokens and the names that belong to
this bridge, and prints what the homeserver needs. The homeserver reads the same file at its start: let both users read it
(a common group and \`chmod 640\`), or copy it. The file of that name in the repository is a sample; a start refuses it and
\`causeway register\` replaces it. An existing registration is only replaced with \`--force\`, because the homeserver knows
the old tokens until it is restarted. In a clone of the repository, \`git update-index --skip-worktree registration.yaml\`
keeps the tokens out of your commits.

Refused at the start, because it would stop Dendrite, open a hole or mute the bridge: the sample's tokens, tokens that are
short or the same, a missing \`namespaces\`, regular expressions without \`^\`, \`$\` or the server's name, with look-around,
or not exclusive, a \`sender_localpart\` other than the bot's, a \`url\` that ends in a slash or differs from
\`appservice.url\`.
`;

/** The text of `docs/configuration.md`: one table for each map of the configuration. */
export function renderReference(): string {
  return `${INTRO}${sections('', entriesOf(configSchema)).join('')}`;
}

function sections(path: string, entries: readonly Entry[]): string[] {
  const rows = entries.map((entry) => {
    const { doc, name } = entry;
    return `| \`${name}\` | ${formCell(entry)} | ${defaultCell(entry)} | ${doc.reload === true ? 'yes' : 'no'} | ${cell(doc.text)} |\n`;
  });
  const title = path === '' ? 'Top level' : `\`${path}\``;
  const head = '| key | form | default | reload | what it decides |\n| --- | --- | --- | --- | --- |\n';
  const inner = entries.flatMap((entry) => {
    const here = path === '' ? entry.name : `${path}.${entry.name}`;
    const element = elementOf(entry.schema);
    const below = entriesOf(element ?? entry.schema);
    return below.length === 0 ? [] : sections(element === undefined ? here : `${here}[]`, below);
  });
  return [`\n## ${title}\n\n${head}${rows.join('')}`, ...inner];
}

function formCell(entry: Entry): string {
  const element = elementOf(entry.schema);
  if (element !== undefined && entriesOf(element).length > 0) return 'list';
  if (entriesOf(entry.schema).length > 0) return 'map';
  return cell(`${formOf(entry.schema, entry.doc)}${entry.doc.secret === true ? '; *secret*' : ''}`);
}

function defaultCell(entry: Entry): string {
  const value = defaultOf(entry.schema);
  if (value !== undefined && typeof value !== 'object') return `\`${cell(String(value))}\``;
  return isRequired(entry.schema) ? 'required' : '';
}

const isRequired = (schema: z.core.$ZodType): boolean => !z.safeParse(schema, undefined).success;

const cell = (text: string): string => text.replaceAll('|', '\\|');
