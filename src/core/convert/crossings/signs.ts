import type { Crossing } from './crossing.ts';

const PRESENCE = 'test/e2e/presence.test.ts';

/** Small signs of people, which cross where the configuration asks for them (docs/presence.md). */
export const SIGNS: readonly Crossing[] = [
  {
    what: 'Being away, where asked for',
    types: [],
    kinds: [],
    needs: '`away-notify`',
    toNetwork: { able: '`AWAY` with their status, over connections that are there; nothing is said in the channel' },
    toMatrix: {
      able: 'presence and status of ghosts that are in a room, a few changes a second; nothing is said in the room',
      unable: 'nothing',
    },
    shown: [
      [PRESENCE, 'whoever is away on IRC is away on Matrix'],
      [PRESENCE, 'whoever is away on Matrix is away on IRC'],
      [PRESENCE, 'somebody of freeq is away on Matrix'],
      ['test/e2e/presence-elsewhere.test.ts', 'shows as far as the server tells it'],
      ['test/app/ghost-presence.test.ts', 'of a crowd that comes and goes'],
      ['test/app/ghost-presence.test.ts', 'silent in the room as well'],
    ],
  },
  {
    what: 'What is read, where asked for',
    types: [],
    kinds: [],
    needs: '`draft/read-marker`',
    toNetwork: {
      able: 'the read marker of the person’s own account, where their connection has one',
      unable: 'nothing',
    },
    toMatrix: { able: 'nothing: only a person’s own client may say what they have read' },
    shown: [
      [PRESENCE, 'what somebody reads in the room is read for their account on IRC'],
      ['test/irc/people-signs.test.ts', 'is not told where nobody asks for it'],
    ],
  },
  {
    what: 'That something has arrived, where asked for',
    types: [],
    kinds: [],
    toNetwork: null,
    toMatrix: {
      able: 'a receipt of the bot, or an event for programs: taken, waiting, refused and why. Refusals are told in words in any case',
    },
    shown: [
      [PRESENCE, 'what arrived is told for programs'],
      ['test/app/delivery-marks.test.ts', 'is told of each that was refused'],
      ['test/app/delivery-marks.test.ts', 'shows as receipts of the bot'],
    ],
  },
];
