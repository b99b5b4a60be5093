import type { MatrixUser } from '../servers/people.ts';
import type { IrcPerson } from './irc-person.ts';

/** Every how-manieth line comes with what. Nothing of it looks like a line that is counted. */
const EVERY = { answer: 4, formatted: 5, reaction: 6, lines: 7, deletion: 9, edit: 10 } as const;

/** @returns whether it was certainly taken */
type Say = (line: string) => Promise<boolean>;

/** Somebody in a Matrix client who answers, reacts, corrects and takes back between their lines, and writes some bold or with more below. */
export function mixedOnMatrix(
  user: MatrixUser,
  room: string,
  until: (send: () => Promise<unknown>) => Promise<boolean>,
): Say {
  let said = 0;
  let last: string | undefined;
  return async (line) => {
    said++;
    const before = said % EVERY.answer === 0 ? last : undefined;
    const answer = before === undefined ? {} : { 'm.relates_to': { 'm.in_reply_to': { event_id: before } } };
    const bold = { format: 'org.matrix.custom.html', formatted_body: `<strong>${line}</strong>` };
    const looks = said % EVERY.formatted === 0 && said % EVERY.lines !== 0 ? bold : {};
    const taken = await until(async () => {
      last = await user.send(room, said % EVERY.lines === 0 ? `${line}\n(and more)` : line, { ...answer, ...looks });
    });
    if (last !== undefined) await besides(user, room, said, last).catch(() => undefined);
    return taken;
  };
}

/** What fails because the homeserver is away is not tried again. */
async function besides(user: MatrixUser, room: string, said: number, last: string): Promise<void> {
  if (said % EVERY.reaction === 0) {
    const relates = { rel_type: 'm.annotation', event_id: last, key: `r${said}` };
    await user.sendEvent(room, 'm.reaction', { 'm.relates_to': relates });
  }
  if (said % EVERY.deletion === 0) await user.redact(room, await user.send(room, 'thinking aloud'));
  if (said % EVERY.edit === 0)
    await user.send(room, '* corrected', {
      'm.new_content': { msgtype: 'm.text', body: 'corrected' },
      'm.relates_to': { rel_type: 'm.replace', event_id: last },
    });
}

/** Somebody in an IRC client who answers and reacts between their lines, on a server that names them, and says more than one where it takes that. */
export function mixedOnIrc(person: IrcPerson): Say {
  let said = 0;
  return async (line) => {
    said++;
    const last = person.lastMsgid();
    const isAnswer = last !== undefined && said % EVERY.answer === 0;
    const text = said % EVERY.formatted === 0 ? `\x02${line}\x02` : line;
    const isLong = said % EVERY.lines === 0 && person.has('draft/multiline');
    const taken = isLong
      ? await person.sayLines([line, '(and more)'])
      : await person.say(text, isAnswer ? `@+draft/reply=${last} ` : '');
    const msgid = person.lastMsgid();
    if (msgid !== undefined && said % EVERY.reaction === 0)
      person.send(`@+draft/reply=${msgid};+draft/react=r${said} TAGMSG ${person.channel}`);
    return taken;
  };
}

/** Reactions that ghosts gave twice. */
export async function doubledReactions(reader: MatrixUser, room: string): Promise<readonly string[]> {
  const given = (await reader.history(room))
    // What was taken back has no content any more.
    .filter(({ type, sender }) => type === 'm.reaction' && sender.startsWith('@_causeway_'))
    .filter(({ content }) => content['m.relates_to'] !== undefined)
    .map(({ sender, content }) => `${sender} ${JSON.stringify(content['m.relates_to'])}`);
  return given.filter((one, index) => given.indexOf(one) !== index);
}
