import type { Crossing } from './crossing.ts';

const ANSWERS = 'test/e2e/answers.test.ts';
const ELSEWHERE = ['test/e2e/answers-elsewhere.test.ts', 'takes the shortest form that is true'] as const;

/** What is done to something that was said, and what shows that something will be. */
export const RELATIONS: readonly Crossing[] = [
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
      [ANSWERS, 'an answer from the room names the message on IRC'],
      [ANSWERS, 'an answer on IRC is one in the room'],
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
    shown: [[ANSWERS, 'what is said in a thread is answered into that thread']],
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
      [ANSWERS, 'a word that is corrected in the room is corrected on IRC'],
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
      [ANSWERS, 'reactions cross both ways, and go again'],
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
      [ANSWERS, 'a message deleted in the room is deleted on IRC, each part of it'],
      [ANSWERS, 'a message deleted on IRC is deleted in the room'],
      ['test/app/answers.test.ts', 'what is deleted while it waits is never said'],
      ['test/app/answers.test.ts', 'what is deleted while the homeserver is away never reaches it'],
      ['test/e2e/media.test.ts', 'is gone at once when its message is deleted'],
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
      [ANSWERS, 'typing shows on the other side'],
      ['test/irc/gestures.test.ts', 'typing shows over the person’s own connection'],
    ],
  },
];
