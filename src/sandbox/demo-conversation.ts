import type { Stage } from './demo-cooperative.ts';
import type { IrcLine } from './people/irc-line.ts';
import type { MatrixEvent } from './people/matrix-user.ts';

const CHANNEL = '#commons';
/** A picture (PNG) of one white dot. */
export const PICTURE = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8/5+hHgAHggJ/PchI7wAAAABJRU5ErkJggg==',
  'base64',
);
const LINK = /https?:\/\/\S+\/m\/\S+/;

/** What people do beside saying lines, each seen on the other side. */
export function moreThanLines(stage: Stage): Promise<void> {
  return stage.talk.apart(async () => {
    const question = await answer(stage);
    await correction(stage);
    await reaction(stage, question);
    await deletion(stage);
    await picture(stage);
  });
}

/** @returns what alice asked, as an event */
async function answer({ findings, alice, witness, rooms }: Stage): Promise<string> {
  const question = await alice.send(roomOf(rooms), 'Who waters the beans tonight?');
  const asked = await lineOf(witness, 'Who waters the beans tonight?');
  witness.sendLine(`@+draft/reply=${asked.tags.msgid} PRIVMSG ${CHANNEL} :I will.`);
  const answered = await alice.waitFor(({ content }) => content.body === 'I will.', { what: 'the answer' });
  const relation = answered.content['m.relates_to'] as { 'm.in_reply_to'?: { event_id?: string } } | undefined;
  findings.holds(
    'carol answers on IRC, and it is an answer in the room',
    relation?.['m.in_reply_to']?.event_id === question,
  );
  return question;
}

async function correction({ findings, bob, witness, rooms }: Stage): Promise<void> {
  const room = roomOf(rooms);
  const event = await bob.send(room, 'The market opens at sevn tomorrow');
  await lineOf(witness, 'The market opens at sevn tomorrow');
  await bob.send(room, '* The market opens at seven tomorrow', {
    'm.new_content': { msgtype: 'm.text', body: 'The market opens at seven tomorrow' },
    'm.relates_to': { rel_type: 'm.replace', event_id: event },
  });
  const line = await witness.waitFor(({ command, params }) => command === 'PRIVMSG' && /seven/.test(params[1] ?? ''), {
    what: 'the correction on IRC',
  });
  findings.holds(`bob corrects a word, and the channel reads ${line.params[1]}`, line.params[1] === 's/sevn/seven/');
}

async function reaction({ findings, alice, witness }: Stage, question: string): Promise<void> {
  const asked = await lineOf(witness, 'Who waters the beans tonight?');
  witness.sendLine(`@+draft/reply=${asked.tags.msgid};+draft/react=🌱 TAGMSG ${CHANNEL}`);
  const seen = await alice.waitFor(({ type }) => type === 'm.reaction', { what: 'the reaction' });
  const relation = seen.content['m.relates_to'] as { event_id?: string; key?: string } | undefined;
  findings.holds('carol reacts with 🌱 on IRC, and it stands under the question', isAbout(relation, question, '🌱'));
}

async function deletion({ findings, alice, witness, rooms }: Stage): Promise<void> {
  const event = await alice.send(roomOf(rooms), 'The code of the gate is 4711.');
  const said = await lineOf(witness, 'The code of the gate is 4711.');
  await alice.redact(roomOf(rooms), event, 'wrong room');
  const gone = await witness.waitFor(({ command }) => command === 'REDACT', { what: 'the deletion on IRC' });
  findings.holds('alice deletes a message, and it is deleted on IRC', gone.params[1] === said.tags.msgid);
}

async function picture({ findings, alice, witness, rooms }: Stage): Promise<void> {
  const url = await alice.upload(PICTURE, 'image/png');
  const info = { mimetype: 'image/png', size: PICTURE.length };
  await alice.sendEvent(roomOf(rooms), 'm.room.message', { msgtype: 'm.image', body: 'dot.png', url, info });
  const line = await witness.waitFor(({ params }) => LINK.test(params[1] ?? ''), { what: 'the link on IRC' });
  const link = LINK.exec(line.params[1] ?? '')?.[0].replace(/\x01$/, '') ?? '';
  const shown = await fetch(link);
  const isThere = shown.ok && Buffer.from(await shown.arrayBuffer()).equals(PICTURE);
  findings.holds(`alice sends a picture, and the channel opens it at ${link}`, isThere);
}

const lineOf = (witness: Stage['witness'], text: string): Promise<IrcLine> =>
  witness.waitFor(({ command, params }) => command === 'PRIVMSG' && params[1] === text, { what: `"${text}" on IRC` });

const isAbout = (
  relation: { event_id?: string; key?: string } | undefined,
  event: MatrixEvent['event_id'],
  key: string,
) => relation?.event_id === event && relation.key === key;

function roomOf(rooms: Stage['rooms']): string {
  const room = rooms.get(CHANNEL);
  if (room === undefined) throw new Error(`The demo has no room ${CHANNEL}.`);
  return room;
}
