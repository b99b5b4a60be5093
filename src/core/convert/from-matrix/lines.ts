import { hasFormatting } from '../../text/irc-to-spans.ts';
import { stripFormatting } from '../../text/strip.ts';

/** IRC cannot carry an empty line; they are left out, and line ends of any kind count as one. Codes within stay. */
export const codedLinesOf = (text: string): string[] =>
  text.split(/\r\n|[\n\r\u0085\u2028\u2029]/).filter((line) => line.trim() !== '');

/** The same of what was written on Matrix, where nobody types codes: what looks like one was smuggled. */
export const linesOf = (text: string): string[] =>
  codedLinesOf(text)
    .map((line) => (hasFormatting(line) ? stripFormatting(line) : line))
    .filter((line) => line.trim() !== '');

/** What happened, and the first line of what it is called. */
export const describe = (what: string, body: unknown): string => {
  const name = typeof body === 'string' ? (linesOf(body)[0] ?? '').slice(0, 200) : '';
  return name === '' ? what : `${what}: ${name}`;
};
