import type { NetworkEvent } from '../events.ts';

/** What becomes of a kind in one direction. */
export type Way = {
  /** Where the network has what the row names; everywhere, where it names nothing. */
  readonly able: string;
  /** Where it has not; left out where that makes no difference. */
  readonly unable?: string;
};

export type Crossing = {
  readonly what: string;
  /** Types of Matrix events that it is; empty where it is part of another, or is not stored. */
  readonly types: readonly string[];
  /** Kinds of network events that it is. */
  readonly kinds: readonly NetworkEvent['kind'][];
  /** What a network has to have for it. */
  readonly needs?: string;
  /** `null`: nothing of the kind exists on that side. */
  readonly toNetwork: Way | null;
  readonly toMatrix: Way | null;
  /** Tests that show it: file, and a part of the test's name. */
  readonly shown: readonly (readonly [file: string, name: string])[];
};

const E2E = 'test/e2e/answers.test.ts';
const ELSEWHERE = ['test/e2e/answers-elsewhere.test.ts', 'takes the shortest form that is true'] as const;
const TEXT = 'test/e2e/text.test.ts';
const MEDIA = 'test/e2e/media.test.ts';
const ONE_LINE = 'test/core/convert/from-matrix/one-line.test.ts';

/** Everything that crosses between Matrix and a network, and what becomes of it. docs/what-crosses.md is made of it. */
export const WHAT_CROSSES: readonly Crossing[] = [
  {
    what: 'Text, `/me`, notices',
    types: ['m.room.message'],
    kinds: ['message'],
    toNetwork: { able: 'the same, split to the byte between words' },
    toMatrix: { able: 'the same; under backlog consecutive lines of one person become one event' },
    shown: [
      ['test/e2e/two-way.test.ts', '/me crosses both ways'],
      ['test/app/exactly-once.test.ts', 'whatever homeserver, network and database do'],
    ],
  },
  {
    what: 'Formatting',
    types: [],
    kinds: [],
    toNetwork: { able: 'bold, italic, colours and the rest as IRC codes' },
    toMatrix: {
      able: 'the same as HTML; colours that could not be read are left out. Markdown likewise, where the network says that it is some (freeq)',
    },
    shown: [
      ['test/core/freeq/tags.test.ts', 'has its Markdown as formatting'],
      [TEXT, 'keeps its formatting on Matrix'],
      [TEXT, 'keeps its formatting on IRC'],
    ],
  },
  {
    what: 'People called by name',
    types: [],
    kinds: [],
    toNetwork: { able: 'by the nick they have in the channel' },
    toMatrix: { able: '`m.mentions` and a pill, unless they said `!causeway mentions off`; never the whole room' },
    shown: [
      [TEXT, 'calls people on the other side'],
      ['test/app/names.test.ts', 'nobody who asked not to be'],
    ],
  },
  {
    what: 'Long and many-lined text',
    types: [],
    kinds: [],
    needs: '`draft/multiline`',
    toNetwork: {
      able: 'one message of several lines',
      unable: 'line by line up to the configured number, else the beginning and a link to a page of ours',
    },
    toMatrix: { able: 'one event', unable: 'an event a line' },
    shown: [
      [TEXT, 'of several lines is one message where clients know such'],
      [
        'test/core/convert/from-matrix/long-text.test.ts',
        'is its beginning and a link to the whole where it is longer',
      ],
    ],
  },
  {
    what: 'Answers',
    types: [],
    kinds: [],
    needs: 'client tags `+reply` or `+draft/reply`',
    toNetwork: {
      able: 'tagged with the message that it answers; with the name in front, unless every client of the network shows answers',
      unable: 'with the name of whom it answers in front; nothing is quoted',
    },
    toMatrix: {
      able: 'a reply that means the author of what it answers, unless they said `!causeway mentions off`',
      unable: 'a line like any other',
    },
    shown: [
      [E2E, 'an answer from the room names the message on IRC'],
      [E2E, 'an answer on IRC is one in the room'],
      ELSEWHERE,
    ],
  },
  {
    what: 'Threads',
    types: [],
    kinds: [],
    needs: 'client tags `+reply` or `+draft/reply`',
    toNetwork: {
      able: 'as an answer to what was said last in it',
      unable: 'with the name of who spoke last in it in front',
    },
    toMatrix: { able: 'an answer to what is in a thread goes into that thread', unable: 'a line like any other' },
    shown: [[E2E, 'what is said in a thread is answered into that thread']],
  },
  {
    what: 'Edits',
    types: [],
    kinds: [],
    needs: 'edits (freeq)',
    toNetwork: {
      able: 'an edit',
      unable:
        'a few words as `s/old/new/` within ten minutes; a larger change as the changed lines behind `* `; case, blanks and punctuation not at all',
    },
    toMatrix: { able: 'an edit by the same ghost', unable: 'people correct themselves in a new line' },
    shown: [
      [E2E, 'a word that is corrected in the room is corrected on IRC'],
      ['test/app/answers.test.ts', 'a network with edits gets them as edits'],
      ['test/app/answers.test.ts', 'an edit replaces the text, by the same ghost'],
      ['test/app/answers.test.ts', 'an edit of what was refused, deleted or never heard of'],
      ELSEWHERE,
    ],
  },
  {
    what: 'Reactions',
    types: ['m.reaction'],
    kinds: ['reaction'],
    needs: 'client tags `+draft/react` or `+react`',
    toNetwork: {
      able: "by the person's own connection; taken back with `+draft/unreact`. Of people without one, nothing",
      unable: 'nothing',
    },
    toMatrix: { able: 'a reaction of their ghost; taken back by redaction', unable: 'there are none' },
    shown: [
      [E2E, 'reactions cross both ways, and go again'],
      ['test/app/answers.test.ts', 'a reaction stands once'],
      ELSEWHERE,
    ],
  },
  {
    what: 'Deletions',
    types: ['m.room.redaction'],
    kinds: ['deletion'],
    needs: '`draft/message-redaction`',
    toNetwork: {
      able: 'every part is deleted: by its author, else by the bot where it is an operator; what people of the network said, by the power the person has there. What still waits is never said',
      unable: 'what was said stays; what still waits is never said, and links of ours lead nowhere at once',
    },
    toMatrix: {
      able: 'redacted; what people of Matrix said, only where the channel decides who is heard in the room. A line that went into one event with others takes them with it',
      unable: 'there are none',
    },
    shown: [
      [E2E, 'a message deleted in the room is deleted on IRC, each part of it'],
      [E2E, 'a message deleted on IRC is deleted in the room'],
      ['test/app/answers.test.ts', 'what is deleted while it waits is never said'],
      ['test/app/answers.test.ts', 'what is deleted while the homeserver is away never reaches it'],
      [MEDIA, 'is gone at once when its message is deleted'],
      ELSEWHERE,
    ],
  },
  {
    what: 'Typing',
    types: [],
    kinds: [],
    needs: 'client tag `+typing`',
    toNetwork: { able: 'in rooms of up to 50 people, over connections that are there', unable: 'nothing' },
    toMatrix: { able: 'in rooms of up to 50 people, of ghosts that are in the room', unable: 'there is none' },
    shown: [
      [E2E, 'typing shows on the other side'],
      ['test/irc/gestures.test.ts', 'typing shows over the person’s own connection'],
    ],
  },
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
      [MEDIA, 'is told on IRC with a link'],
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
    shown: [[ONE_LINE, 'a place on the map of the cooperative']],
  },
  {
    what: 'Encrypted messages, encryption switched on',
    types: ['m.room.encrypted', 'm.room.encryption'],
    kinds: [],
    toNetwork: { able: 'nothing; the room is told why' },
    toMatrix: null,
    shown: [['test/e2e/room-fate.test.ts', 'where encryption is switched on nothing passes any more']],
  },
  {
    what: 'Topic',
    types: ['m.room.topic'],
    kinds: ['topic'],
    toNetwork: { able: 'by the person, else by the bot where it may' },
    toMatrix: { able: 'by the bot' },
    shown: [['test/e2e/two-way.test.ts', 'the topic crosses both ways']],
  },
  {
    what: 'Leaving, being put out, shut out and let in again',
    types: ['m.room.member'],
    kinds: ['kick'],
    needs: 'operators',
    toNetwork: {
      able: 'a person’s connection leaves; a ghost that is put out is put out of the channel, by the power the person has there',
    },
    toMatrix: { able: 'whoever is put out of the channel is put out of the room, unless an authority keeps it' },
    shown: [['test/e2e/moderation.test.ts', 'an operator’s kick and ban hold on both sides']],
  },
  {
    what: 'Walls of a channel',
    types: [],
    kinds: ['walls'],
    needs: 'freeq',
    toNetwork: null,
    toMatrix: {
      able: 'a room is open only while its channel is known to be: invitation, key, encryption and policy close it',
    },
    shown: [['test/e2e/freeq.test.ts', 'open only when the channel is known to be']],
  },
  {
    what: 'Pins',
    types: ['m.room.pinned_events'],
    kinds: ['pin'],
    needs: 'freeq',
    toNetwork: { able: 'by the person, where the channel lets them; else nothing', unable: 'nothing' },
    toMatrix: { able: 'the message is pinned in the room, or no longer' },
    shown: [['test/e2e/freeq-answers.test.ts', 'a pin is a pin in the room']],
  },
  {
    what: 'What was said while the bridge was away',
    types: [],
    kinds: ['gap'],
    needs: '`draft/chathistory`',
    toNetwork: { able: 'read back from the homeserver, in order' },
    toMatrix: {
      able: 'read from history, each line once, at its own time. Reactions of that time are not in it, deletions on freeq only',
      unable: 'a notice that names the interval',
    },
    shown: [['test/e2e/bridge-restarts.test.ts', 'by kill -9 at six moments']],
  },
];
