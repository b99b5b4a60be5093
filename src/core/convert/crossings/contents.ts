import type { Crossing } from './crossing.ts';

/** Messages that are more than text, or that not everybody hears. */
export const CONTENTS: readonly Crossing[] = [
  {
    what: 'Pictures, films, recordings, files',
    types: [],
    kinds: [],
    needs: 'media tags (freeq)',
    toNetwork: {
      able: 'what was written beside it, then a line with name, size and a link of ours, which its tags say once more for programs',
      unable: 'the same without tags',
    },
    toMatrix: { able: 'a file of the homeserver', unable: 'links stay links' },
    shown: [
      ['test/e2e/media.test.ts', 'is told on IRC with a link'],
      ['test/irc/freeq/gestures.test.ts', 'a file is told with its facts'],
      ['test/e2e/freeq-files.test.ts', 'is a picture in the room'],
    ],
  },
  {
    what: 'Private messages',
    types: [],
    kinds: [],
    toNetwork: {
      able: 'by the person’s own connection, after a look at who has the nick now: to that account, or to that nick from that address, and to nobody else. Whoever is not there is named at once',
    },
    toMatrix: { able: 'a room for two, with the ghost; the first one says who writes and how to block them' },
    shown: [
      ['test/e2e/direct.test.ts', 'never reaches whoever took the nick'],
      ['test/app/direct/direct-rooms.test.ts', 'whenever the bridge is killed while the room is made'],
      ['test/e2e/direct.test.ts', 'from IRC makes a room with its ghost'],
    ],
  },
  {
    what: 'Answers, edits, reactions and deletions in private',
    types: [],
    kinds: [],
    needs: 'what they need in a channel',
    toNetwork: {
      able: 'as in a channel, to the person and never to whoever has their nick; an answer without a name in front. Nobody deletes what the other said. On freeq only lines for whoever has a key there',
      unable:
        'the same forms as in a channel; an answer is a line like any other. Whoever deletes what cannot be deleted there is told',
    },
    toMatrix: {
      able: 'as in a channel; a deletion only of their own words. Edits of freeq do not cross',
      unable: 'there are none',
    },
    shown: [
      ['test/e2e/direct.test.ts', 'is answered, corrected, reacted to and taken back as in a channel, both ways'],
      ['test/e2e/direct.test.ts', 'what somebody with an account deletes in private is deleted on IRC'],
      ['test/app/direct/gestures.test.ts', 'nothing is done by whoever took the nick'],
    ],
  },
  {
    what: 'Places, stickers, polls, calls, live locations',
    types: [
      'm.sticker',
      'm.poll.start',
      'org.matrix.msc3381.poll.start',
      'm.poll.response',
      'org.matrix.msc3381.poll.response',
      'm.poll.end',
      'org.matrix.msc3381.poll.end',
      'm.call.invite',
      'm.call.notify',
      'org.matrix.msc4075.call.notify',
      'm.rtc.notification',
      'org.matrix.msc4075.rtc.notification',
      'im.vector.modular.widgets',
      'm.widget',
      'm.beacon_info',
      'org.matrix.msc3672.beacon_info',
    ],
    kinds: [],
    toNetwork: { able: 'one line that says what it is' },
    toMatrix: null,
    shown: [
      ['test/core/convert/from-matrix/one-line.test.ts', 'a place on the map of the cooperative'],
      ['test/e2e/plain-client.test.ts', 'reads on IRC all that is done in a room of today'],
    ],
  },
  {
    what: 'Encrypted messages, encryption switched on',
    types: ['m.room.encrypted', 'm.room.encryption'],
    kinds: [],
    toNetwork: { able: 'nothing; the room is told why' },
    toMatrix: null,
    shown: [['test/e2e/room-fate.test.ts', 'where encryption is switched on nothing passes any more']],
  },
];
