/** One line as a person's client sees it. Parsed here and not by the bridge's own code, which is what is being watched. */
export type IrcLine = {
  readonly raw: string;
  readonly tags: Readonly<Record<string, string>>;
  /** Nick or server before the first `!`; empty without a prefix. */
  readonly nick: string;
  /** The whole prefix. */
  readonly source: string;
  /** Upper case. */
  readonly command: string;
  readonly params: readonly string[];
  /** When it arrived, by this machine's wall clock, in milliseconds. */
  readonly atMs: number;
};

const UNESCAPED: Readonly<Record<string, string>> = { ':': ';', s: ' ', r: '\r', n: '\n', '\\': '\\' };

/** @see https://ircv3.net/specs/extensions/message-tags and RFC 1459 §2.3.1 */
export function parseIrcLine(raw: string, atMs: number): IrcLine {
  let rest = raw;
  const tags: Record<string, string> = {};
  const takeWord = (): string => {
    const end = rest.indexOf(' ');
    const word = end < 0 ? rest : rest.slice(0, end);
    rest = end < 0 ? '' : rest.slice(end).trimStart();
    return word;
  };
  if (rest.startsWith('@')) {
    for (const tag of takeWord().slice(1).split(';')) {
      const at = tag.indexOf('=');
      const value = at < 0 ? '' : tag.slice(at + 1);
      tags[at < 0 ? tag : tag.slice(0, at)] = value.replace(/\\(.?)/g, (_, char: string) => UNESCAPED[char] ?? char);
    }
  }
  const source = rest.startsWith(':') ? takeWord().slice(1) : '';
  const command = takeWord().toUpperCase();
  const params: string[] = [];
  while (rest !== '') {
    if (rest.startsWith(':')) {
      params.push(rest.slice(1));
      break;
    }
    params.push(takeWord());
  }
  return { raw, tags, source, nick: source.split('!')[0] ?? '', command, params, atMs };
}
