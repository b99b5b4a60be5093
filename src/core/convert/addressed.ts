import { stripFormatting } from '../text/strip.ts';

/**
 * A line that answers somebody, for people whose client does not show what it answers: as everybody on IRC does it, with the name
 * in front. Nothing is quoted: whoever came later was not there to read it.
 * @param nick the person's name on the network
 */
export function addressed(line: string, nick: string): string {
  const name = nick.trim();
  if (name === '' || names(stripFormatting(line), name)) return line;
  return `${name}: ${line}`;
}

/** Whether a line begins with the name already: `bob: yes`, `@Bob yes`, `bob, yes`. */
function names(line: string, name: string): boolean {
  const head = line.trimStart().replace(/^@/, '').toLowerCase();
  if (!head.startsWith(name.toLowerCase())) return false;
  const next = head.charAt(name.length);
  return next === '' || /[\s:,;.!?]/.test(next);
}
