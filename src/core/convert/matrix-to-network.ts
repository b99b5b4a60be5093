import type { KeyedEffect, MatrixEvent, MessageStyle } from '../events.ts';
import type { NetworkId } from '../ids.ts';

/** What a converter may know of the portal that an event belongs to. */
export type MatrixView = {
  readonly network: NetworkId;
  readonly channel: string;
  /** Our bot, or a ghost of ours: whatever it says came from us. */
  readonly isOurs: (userId: string) => boolean;
};

const STYLES: ReadonlyMap<unknown, MessageStyle> = new Map([
  ['m.text', 'text'],
  ['m.emote', 'action'],
  ['m.notice', 'notice'],
]);

/** What people see of kinds of messages that a channel cannot show. */
const DESCRIPTIONS: ReadonlyMap<unknown, string> = new Map([
  ['m.image', 'sent a picture'],
  ['m.video', 'sent a video'],
  ['m.audio', 'sent a recording'],
  ['m.file', 'sent a file'],
  ['m.location', 'shared a place'],
]);

/** Most lines of one message: more would keep everybody else's waiting for hours on a server that paces its clients. */
const MAX_LINES = 300;

type Converter = (event: MatrixEvent, view: MatrixView) => KeyedEffect[];

const CONVERTERS: ReadonlyMap<string, Converter> = new Map<string, Converter>([
  ['m.room.message', message],
  ['m.sticker', (event, view) => say(event, view, 'action', [describe('sent a sticker', event.content.body)])],
  ['m.room.encrypted', encrypted],
  ['m.room.topic', topic],
  ['m.room.member', membership],
]);

/** What to do on a network about something that happened in a portal's room. Our own events lead to nothing. */
export function matrixToNetwork(event: MatrixEvent, view: MatrixView): KeyedEffect[] {
  const isOurMembership = event.type === 'm.room.member' && view.isOurs(event.state_key ?? '');
  if (isOurMembership) return [];
  if (event.type !== 'm.room.member' && view.isOurs(event.sender)) return [];
  return CONVERTERS.get(event.type)?.(event, view) ?? [];
}

function message(event: MatrixEvent, view: MatrixView): KeyedEffect[] {
  if (event.state_key !== undefined) return [];
  const { msgtype, body } = event.content;
  if (typeof body !== 'string') return [];
  const style = STYLES.get(msgtype);
  if (style !== undefined) return say(event, view, style, linesOf(withoutReplyFallback(event.content, body)));
  return say(event, view, 'action', [
    describe(DESCRIPTIONS.get(msgtype) ?? 'sent something that IRC cannot show', body),
  ]);
}

function encrypted(event: MatrixEvent, view: MatrixView): KeyedEffect[] {
  return [
    {
      key: `encrypted|${event.event_id}`,
      effect: {
        op: 'matrix.notice',
        room: event.room_id,
        body: `Not delivered to ${view.channel}: this message is encrypted and the bridge cannot read it. People in ${view.channel} see nothing of encrypted messages; a room without encryption is needed.`,
        replyTo: { eventId: event.event_id, userId: event.sender },
      },
    },
  ];
}

function topic(event: MatrixEvent, view: MatrixView): KeyedEffect[] {
  if (event.state_key !== '' || typeof event.content.topic !== 'string') return [];
  const text = linesOf(event.content.topic).join(' ');
  const { network, channel } = view;
  return [
    {
      key: event.event_id,
      effect: {
        op: 'network.topic',
        network,
        channel,
        room: event.room_id,
        userId: event.sender,
        topic: text,
        eventId: event.event_id,
      },
    },
  ];
}

const GONE: ReadonlySet<unknown> = new Set(['leave', 'ban']);

function membership(event: MatrixEvent, view: MatrixView): KeyedEffect[] {
  const { membership: now, reason } = event.content;
  const userId = event.state_key;
  if (userId === undefined || !GONE.has(now)) return [];
  const why = typeof reason === 'string' && reason !== '' ? linesOf(reason).join(' ').slice(0, 200) : undefined;
  const byOther = event.sender === userId ? '' : now === 'ban' ? 'banned on Matrix' : 'removed on Matrix';
  const text = [byOther, why].filter((part) => part !== undefined && part !== '').join(': ');
  const { network, channel } = view;
  return [{ key: event.event_id, effect: { op: 'network.part', network, channel, userId, reason: text } }];
}

function say(event: MatrixEvent, view: MatrixView, style: MessageStyle, lines: readonly string[]): KeyedEffect[] {
  const { network, channel } = view;
  const said: KeyedEffect[] = lines.slice(0, MAX_LINES).map((line, index) => ({
    key: index === 0 ? event.event_id : `${event.event_id}#${index}`,
    effect: {
      op: 'network.say',
      network,
      channel,
      room: event.room_id,
      userId: event.sender,
      style,
      line,
      eventId: event.event_id,
    },
  }));
  return lines.length > MAX_LINES ? [...said, cutNotice(event, view, lines.length)] : said;
}

const cutNotice = (event: MatrixEvent, view: MatrixView, lines: number): KeyedEffect => ({
  key: `cut|${event.event_id}`,
  effect: {
    op: 'matrix.notice',
    room: event.room_id,
    body: `Only the first ${MAX_LINES} of ${lines} lines of this message are delivered to ${view.channel}. Send what is longer as a file.`,
    replyTo: { eventId: event.event_id, userId: event.sender },
  },
});

/** IRC cannot carry an empty line; they are left out, and line ends of any kind count as one. */
const linesOf = (text: string): string[] =>
  text.split(/\r\n|[\n\r\u0085\u2028\u2029]/).filter((line) => line.trim() !== '');

const describe = (what: string, body: unknown): string => {
  const name = typeof body === 'string' ? (linesOf(body)[0] ?? '').slice(0, 200) : '';
  return name === '' ? what : `${what}: ${name}`;
};

/** Old clients quote what they answer in lines beginning with `> ` (Matrix 1.12, "rich replies", fallback). */
function withoutReplyFallback(content: Readonly<Record<string, unknown>>, body: string): string {
  const relates = content['m.relates_to'];
  const isReply = typeof relates === 'object' && relates !== null && 'm.in_reply_to' in relates;
  if (!isReply || !body.startsWith('> ')) return body;
  const lines = body.split('\n');
  const end = lines.findIndex((line) => !line.startsWith('>'));
  if (end < 0) return body;
  const answer = lines.slice(lines[end] === '' ? end + 1 : end).join('\n');
  return answer.trim() === '' ? body : answer;
}
