import type { Crossing } from './crossing.ts';

const MODES = 'test/e2e/modes.test.ts';
const RULES = 'test/app/room-rules.test.ts';

/** What becomes of room and channel themselves, of who is in them, and of the time in which nobody passed anything on. */
export const ROOMS: readonly Crossing[] = [
  {
    what: 'Topic',
    types: ['m.room.topic'],
    kinds: ['topic'],
    toNetwork: { able: 'by the person, else by the bot where it may' },
    toMatrix: { able: 'by the bot; also what was set while the bridge was away' },
    shown: [
      ['test/e2e/two-way.test.ts', 'the topic crosses both ways'],
      ['test/app/known-topics.test.ts', 'set while nobody of ours was there'],
    ],
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
    shown: [
      ['test/e2e/moderation.test.ts', 'an operator’s kick and ban hold on both sides'],
      ['test/e2e/two-way.test.ts', 'who leaves the room leaves the channel'],
    ],
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
    what: 'Who comes in: `+i`, `+k`, policies',
    types: ['m.room.join_rules'],
    kinds: ['walls'],
    toNetwork: {
      able: '`+i` or `-i` by the power the person has there; without it the channel stays as it is, and they are told once',
    },
    toMatrix: {
      able: 'an open room closes, and opens as it was; on freeq it is open only while its channel is known to be, and encryption and policies close it too. A room that an authority keeps follows the authority',
    },
    shown: [
      [MODES, '+i and +k close the room'],
      [MODES, 'what a room’s admin does is tried in the channel'],
      ['test/e2e/freeq.test.ts', 'open only when the channel is known to be'],
    ],
  },
  {
    what: 'Who speaks and who changes the topic: `+m`, `+t`',
    types: ['m.room.power_levels'],
    kinds: [],
    toNetwork: { able: '`+m` or `-m`, `+t` or `-t` by the power the person has there; likewise' },
    toMatrix: {
      able: 'levels of the room, one write for all changes of a moment: who has a voice there may speak here; put back to the byte. A room that an authority keeps follows the authority',
    },
    shown: [
      [MODES, '-m puts it back to the byte'],
      [MODES, 'a storm of changes is a write or two'],
      [RULES, 'whenever the bridge is killed'],
    ],
  },
  {
    what: 'Being silenced in a channel: `+q`, `m:`, `~q:`',
    types: [],
    kinds: ['quiet'],
    needs: 'a server that has it',
    toNetwork: null,
    toMatrix: { able: 'the person is told, by name; their lines are refused there', unable: 'there is none' },
    shown: [
      [MODES, 'whoever is silenced is told so'],
      ['test/core/irc/quiet-mask.test.ts', 'is an entry of a list of its own on solanum'],
    ],
  },
  {
    what: 'Invitations',
    types: [],
    kinds: ['invite'],
    toNetwork: {
      able: 'of a ghost: of that account or nick, by the person’s connection, else by the bot where it is no operator and everybody may come in; a ghost of somebody who cannot be invited declines',
    },
    toMatrix: {
      able: 'into a linked channel: into its room, if the authority admits them; a closed room opens for the word of an operator alone. Into another: told in private',
    },
    shown: [
      [MODES, 'an invitation on one side is one on the other'],
      [RULES, 'into a closed one by whoever may let people into the channel'],
    ],
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
    shown: [
      ['test/e2e/bridge-restarts.test.ts', 'by kill -9 at six moments'],
      ['test/e2e/irc-gaps.test.ts', 'leaves a gap as long as it took'],
    ],
  },
];
