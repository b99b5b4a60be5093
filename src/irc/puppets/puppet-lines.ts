/**
 * Which lines a puppet reads at all. The listener hears what others say; a puppet hears the same a thousandfold, so it looks
 * at the bytes and leaves out what others say and do before anything is made of them.
 */
const SPACE = 0x20;
const AT = 0x40;
const COLON = 0x3a;
const BANG = 0x21;
const bytesOf = (word: string): readonly number[] => [...word].map((char) => char.charCodeAt(0));
const KICK = bytesOf('KICK ');
/** What may be said or done to it alone. */
const MESSAGES = ['PRIVMSG ', 'NOTICE ', 'INVITE ', 'TAGMSG ', 'REDACT '].map(bytesOf);
/** Around a message of several lines: to whom it is shows further behind, and its end does not say. */
const BATCH = bytesOf('BATCH ');
/** Small and capital letters of ASCII differ in this bit. */
const CASE = 0x20;

/**
 * @param nick the puppet's own nick, as bytes
 * @returns false for lines of other people that are neither a KICK (whom it hits is read from the line), nor around others, nor said or done
 * to the puppet alone
 */
export function concernsPuppet(bytes: Uint8Array, start: number, end: number, nick: Uint8Array): boolean {
  let at = start;
  if (bytes[at] === AT) at = skipWord(bytes, at, end);
  if (bytes[at] !== COLON) return true;
  const source = at + 1;
  let bang = source;
  while (bang < end && bytes[bang] !== BANG && bytes[bang] !== SPACE) bang++;
  // Without an address it is a server, which speaks only of what concerns us.
  if (bytes[bang] !== BANG) return true;
  if (equals(bytes, source, bang, nick)) return true;
  const command = skipWord(bytes, bang, end);
  if (startsWith(bytes, command, end, KICK) || startsWith(bytes, command, end, BATCH)) return true;
  const message = MESSAGES.find((word) => startsWith(bytes, command, end, word));
  return message !== undefined && isTo(bytes, command + message.length, end, nick);
}

/** Whether the next word is this nick, but for the case of its letters: what looks the same is compared well later. */
function isTo(bytes: Uint8Array, start: number, end: number, nick: Uint8Array): boolean {
  if (start + nick.length > end || (start + nick.length < end && bytes[start + nick.length] !== SPACE)) return false;
  for (let i = 0; i < nick.length; i++) if (((bytes[start + i] ?? 0) | CASE) !== ((nick[i] ?? 0) | CASE)) return false;
  return true;
}

function skipWord(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end && bytes[at] !== SPACE) at++;
  while (at < end && bytes[at] === SPACE) at++;
  return at;
}

function equals(bytes: Uint8Array, start: number, end: number, word: Uint8Array): boolean {
  if (end - start !== word.length) return false;
  for (let i = 0; i < word.length; i++) if (bytes[start + i] !== word[i]) return false;
  return true;
}

function startsWith(bytes: Uint8Array, start: number, end: number, word: readonly number[]): boolean {
  if (end - start < word.length) return false;
  return word.every((byte, i) => bytes[start + i] === byte);
}
