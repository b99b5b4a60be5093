import type { Crossing } from './crossing.ts';

/** What becomes of room and channel themselves, of who is in them, and of the time in which nobody passed anything on. */
export const ROOMS: readonly Crossing[] = [
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
    what: 'Policy lists (`m.policy.rule.*`)',
    types: [],
    kinds: [],
    needs: 'the bot as an operator',
    toNetwork: {
      able: 'nothing passes of whom a followed list bans, from the moment the rule is known; people of the network are put out of the channel and banned there; taken back with the rule',
      unable: 'nothing passes of them; the channel stays as it is',
    },
    toMatrix: {
      able: 'nothing passes of whom a followed list bans; their ghosts are banned from the room, or never come in. About its own members the cooperative decides alone',
    },
    shown: [
      ['test/e2e/policy-lists.test.ts', 'bans them in the room and in the channel; taken back, all of that is undone'],
      ['test/e2e/policy-lists.test.ts', 'what was decided while the bridge was away'],
      ['test/app/policy/who-is-out.test.ts', 'about whom the cooperative knows'],
    ],
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
      able: 'read from history, each line once, at its own time. Reactions and deletions of that time on freeq only',
      unable: 'a notice that names the interval',
    },
    shown: [['test/e2e/bridge-restarts.test.ts', 'by kill -9 at six moments']],
  },
];
