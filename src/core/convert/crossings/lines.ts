import type { Crossing } from './crossing.ts';

const TEXT = 'test/e2e/text.test.ts';

/** What people say: text, and what is in it. */
export const LINES: readonly Crossing[] = [
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
];
