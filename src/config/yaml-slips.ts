import type { YAMLError } from 'yaml';

/** A mistake of the YAML itself, in words for whoever wrote it. */
export type Slip = {
  readonly offset: number;
  readonly text: string;
  readonly remedy: string;
  /** What the parser says of the lines below follows from this one. */
  readonly spoilsTheRest?: true;
};

type Words = Omit<Slip, 'offset'> & { readonly offset?: number };
type Explain = (about: { readonly source: string; readonly offset: number; readonly found: string }) => Words;

const always =
  (text: string, remedy: string): Explain =>
  () => ({ text, remedy });

const otherColumn = always(
  'This line begins at another column than those that it belongs to.',
  'Begin the keys of one map, and the "- " of one list, at the same column.',
);
const noColon = always(
  'This is no key with its value.',
  'Write "key: value", with a space behind the colon; a text of several lines stands in quotes.',
);
const behindItsEnd = always(
  'Something follows a value that has ended.',
  'Put a comma or a line break between two values, or all of it in one pair of quotes.',
);

/** By the parser's own words, which are for people who write parsers; what a pattern's group takes is `found`. */
const SLIPS: readonly (readonly [pattern: RegExp, explain: Explain])[] = [
  [/^Tabs are not allowed/, always('A tab stands where only spaces may.', 'Indent with spaces, not with tabs.')],
  [
    /^Source contains multiple documents/,
    always('The file holds several YAML documents.', 'Keep one document: remove the line --- and what follows.'),
  ],
  [/^Nested mappings are not allowed/, twoValues],
  [/^All (?:mapping|sequence) items must start/, otherColumn],
  [/^Sequence item without - indicator/, otherColumn],
  [/^A block sequence may not be used as an implicit map key/, otherColumn],
  [/^Implicit (?:map )?keys need to be/, noColon],
  [/^Missing closing (["'])/, openQuote],
  [/and end with a (.)/, openBrace],
  [
    /^Unexpected flow-(?:map|seq)-end.*"(.)"/,
    ({ found }) => ({ text: `There is a ${found} too many.`, remedy: 'Take it away.', spoilsTheRest: true }),
  ],
  [
    /^Plain value cannot start with .* (.)$/,
    ({ found }) => ({
      text: `A value begins with ${found}, which means something else in YAML.`,
      remedy: 'Put it in quotes.',
    }),
  ],
  [
    /^Invalid escape sequence (.*)/,
    ({ found }) => ({
      text: `A \\ in double quotes begins an escape, and ${found} is none.`,
      remedy: 'Write \\\\ for one \\, or use single quotes.',
    }),
  ],
  [/^Unexpected scalar/, behindItsEnd],
  [/^Missing , /, behindItsEnd],
  [
    /^Unexpected block-seq-ind on same line/,
    () => ({
      text: 'A list begins on the line of its key.',
      remedy: 'Write each entry below the key, on a line that begins with "- ".',
      spoilsTheRest: true,
    }),
  ],
];

/** Spaces that only look like one, as word processors and web pages have them. */
const FALSE_INDENT = /^ *[\u00a0\u2000-\u200b\u202f\u205f\u3000]/mu;

const falseSpace = (offset: number): Slip => ({
  offset,
  text: 'The indentation of this line has a character that looks like a space and is none.',
  remedy: 'Type it again with plain spaces.',
});

/** A key that has taken its indentation for its beginning, at `offset`. */
export const slipOfKey = (name: string, offset: number): Slip | undefined =>
  FALSE_INDENT.test(name) ? falseSpace(offset) : undefined;

/**
 * What a person did wrong where the parser stopped.
 * @param source of which `error` tells
 */
export function slipOf(source: string, error: YAMLError): Slip {
  const [offset] = error.pos;
  const indent = FALSE_INDENT.exec(source);
  if (indent !== null) return falseSpace(indent.index);
  for (const [pattern, explain] of SLIPS) {
    const match = pattern.exec(error.message);
    if (match !== null) return { offset, ...explain({ source, offset, found: match[1] ?? '' }) };
  }
  return {
    offset,
    text: `This is not YAML: ${/[.!?]$/.test(error.message) ? error.message : `${error.message}.`}`,
    remedy: 'Compare the line and the one before it with config.sample.yaml: spaces, colons, quotes and braces.',
  };
}

/** `a: b` with a deeper line below it, or `a: b: c`. */
function twoValues({ source, offset }: Parameters<Explain>[0]): Words {
  const start = source.lastIndexOf('\n', offset - 1) + 1;
  const indent = /^ */.exec(source.slice(start))?.[0].length ?? 0;
  const below = /^(?:[^\n]*)(?:\n[ \r]*(?:#[^\n]*)?)*\n(?=( *)[^\s#])/.exec(source.slice(start));
  if (below !== null && (below[1]?.length ?? 0) > indent && !/^[^\n#]*: /.test(source.slice(offset)))
    return {
      offset: start + below[0].length,
      text: 'This line is indented further than the one before it, which has its value already.',
      remedy: 'Begin both at the same column.',
    };
  return {
    text: 'A colon with a space behind it makes a key of this value.',
    remedy: 'Put the value in quotes; or, if it is a key, begin a line with it.',
  };
}

/** The parser notices it at the end of the file; what a person looks for is the line with one quote too few. */
function openQuote({ source, offset, found }: Parameters<Explain>[0]): Words {
  const words = { text: `A ${found} is opened and not closed.`, remedy: 'Close it at the end of its text.' };
  let at = 0;
  for (const line of source.split('\n')) {
    const bare = found === '"' ? line.replace(/\\./g, '__') : line;
    if (!/^\s*#/.test(line) && bare.split(found).length % 2 === 0)
      return { ...words, offset: at + bare.lastIndexOf(found) };
    at += line.length + 1;
  }
  return { ...words, offset };
}

function openBrace({ source, offset, found }: Parameters<Explain>[0]): Words {
  const comment = commentInBraces(source);
  if (comment !== undefined && comment < offset)
    return {
      offset: comment,
      text: 'An unquoted # begins a comment, so the brace is never closed.',
      remedy: 'Write the name in quotes, such as "#commons".',
    };
  return {
    text: `${/(^|\n) *$/.test(source.slice(0, offset)) ? 'Before this line' : 'Here'} a ${found} is missing.`,
    remedy: 'Close each brace and bracket, as in {host: 127.0.0.1, port: 6667}.',
  };
}

/** Offset of a `#` that cuts a `{…` short, as in `{channel: #commons, room: …}`. */
function commentInBraces(source: string): number | undefined {
  const match = /^[^#'"\n]*\{[^}#'"\n]*[:,]\s+(#)\S/m.exec(source);
  return match === null ? undefined : match.index + match[0].lastIndexOf('#');
}
