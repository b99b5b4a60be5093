import type { MatrixUser } from '../../servers/people.ts';

/** What a Matrix client can send that is one line on IRC, or none. */
export type OneLine = {
  readonly type: string;
  readonly content: Readonly<Record<string, unknown>>;
  /** As people of the channel read it; absent: nothing is to be read there. */
  readonly look?: string;
  /** State, under this key. */
  readonly stateKey?: string;
};

/** `0:07`: as a voice message of so many seconds is told. */
const minutes = (seconds: number): string => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;

const MAP = 'https://www.openstreetmap.org/?mlat=52.5&mlon=13.4#map=17/52.5/13.4';

/** Each kind that crosses as one line, by turns. @param poll the last one that was asked. @param root some event of the room */
export const ONE_LINES: readonly ((
  n: number,
  at: { readonly me: MatrixUser; readonly poll: string | undefined; readonly root: string | undefined },
) => OneLine | undefined)[] = [
  (n) => ({
    type: 'org.matrix.msc3381.poll.start',
    content: {
      'org.matrix.msc1767.text': `alice asks ${n}?`,
      'org.matrix.msc3381.poll.start': {
        kind: 'org.matrix.msc3381.poll.disclosed',
        question: { 'org.matrix.msc1767.text': `alice asks ${n}?` },
        answers: ['yes', 'no'].map((text) => ({ id: text, 'org.matrix.msc1767.text': text })),
      },
    },
    look: `* asks in a poll: alice asks ${n}? (1) yes (2) no [votes are cast on Matrix]`,
  }),
  (n) => {
    const body = `alice-${n}.png`;
    return said({ msgtype: 'm.image', body }, `* sent a picture: ${body}`);
  },
  (_, { poll }) => ({
    type: 'org.matrix.msc3381.poll.response',
    content: { ...about(poll), 'org.matrix.msc3381.poll.response': { answers: ['yes'] } },
    look: '* votes in the poll',
  }),
  (n) => ({
    type: 'm.sticker',
    content: { body: `alice-${n}`, info: {}, url: 'mxc://x/y' },
    look: `* sent a sticker: alice-${n}`,
  }),
  (n, { poll }) => ({
    type: 'org.matrix.msc3381.poll.end',
    content: { ...about(poll), 'org.matrix.msc1767.text': `alice counts ${n}`, 'org.matrix.msc3381.poll.end': {} },
    look: `* closes the poll: alice counts ${n}`,
  }),
  (n) =>
    said(
      { msgtype: 'm.location', body: `alice-${n}`, geo_uri: 'geo:52.5,13.4' },
      `* shared a place: alice-${n} ${MAP}`,
    ),
  (n) =>
    said(
      { msgtype: 'm.audio', body: 'voice.ogg', info: { duration: n * 1000 }, 'org.matrix.msc3245.voice': {} },
      `* sent a voice message (${minutes(n)})`,
    ),
  (n) => ({
    type: 'm.call.invite',
    content: {
      call_id: `call-${n}`,
      version: '1',
      party_id: 'alice',
      lifetime: 60_000,
      offer: { type: 'offer', sdp: '' },
    },
    look: '* started a call; it can be joined on Matrix',
  }),
  (n, { me }) => ({
    type: 'org.matrix.msc3672.beacon_info',
    content: { live: true, timeout: 60_000 + n, description: `alice-${n}` },
    stateKey: me.userId,
    look: '* shows where they are; it can be followed on Matrix',
  }),
  (n) => said({ msgtype: 'm.emote', body: `alice acts ${n}` }, `* alice acts ${n}`),
  (n) => said({ msgtype: 'm.notice', body: `alice notes ${n}` }, `alice notes ${n}`),
  // Where a network has none, a pin is nothing there.
  (n, { root }) => ({
    type: 'm.room.pinned_events',
    content: { pinned: n % 2 === 0 ? [] : [root] },
    stateKey: '',
  }),
];

const said = (content: OneLine['content'], look: string): OneLine => ({ type: 'm.room.message', content, look });

const about = (poll: string | undefined): Readonly<Record<string, unknown>> => ({
  'm.relates_to': { rel_type: 'm.reference', event_id: poll },
});
