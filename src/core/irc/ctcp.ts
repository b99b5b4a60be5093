/** CTCP messages: `\x01COMMAND arguments\x01` as the body of a PRIVMSG (a query, or ACTION) or a NOTICE (an answer). */
export type Ctcp = {
  /** Upper case. */
  readonly command: string;
  readonly args: string;
};

const DELIMITER = '\x01';

/** Undefined for ordinary text. The closing \x01 may be missing: servers cut it off with a line's end. */
export function parseCtcp(body: string): Ctcp | undefined {
  if (!body.startsWith(DELIMITER)) return undefined;
  const close = body.indexOf(DELIMITER, 1);
  const inner = close < 0 ? body.slice(1) : body.slice(1, close);
  const space = inner.indexOf(' ');
  const command = space < 0 ? inner : inner.slice(0, space);
  if (command === '') return undefined;
  return { command: command.toUpperCase(), args: space < 0 ? '' : inner.slice(space + 1) };
}

/** @param args without \x01, CR, LF, NUL: these are taken out */
export function encodeCtcp(command: string, args = ''): string {
  const clean = args.replace(/[\0\x01\r\n]/g, '');
  return `${DELIMITER}${command}${clean === '' ? '' : ` ${clean}`}${DELIMITER}`;
}

export const encodeAction = (text: string): string => encodeCtcp('ACTION', text);
