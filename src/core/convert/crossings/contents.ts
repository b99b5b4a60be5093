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
    shown: [['test/core/convert/from-matrix/one-line.test.ts', 'a place on the map of the cooperative']],
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
