/** IRC cannot carry an empty line; they are left out, and line ends of any kind count as one. */
export const linesOf = (text: string): string[] =>
  text.split(/\r\n|[\n\r\u0085\u2028\u2029]/).filter((line) => line.trim() !== '');

/** What happened, and the first line of what it is called. */
export const describe = (what: string, body: unknown): string => {
  const name = typeof body === 'string' ? (linesOf(body)[0] ?? '').slice(0, 200) : '';
  return name === '' ? what : `${what}: ${name}`;
};
