/** Who speaks in the demo; IRC people first. The second nick has every odd sign that IRC allows in one. */
export const IRC_SPEAKERS = ['carol', 'd[a]v\\{e}^|_'] as const;
export const MATRIX_SPEAKERS = ['alice', 'bob'] as const;
/** Whose membership changes in the demo, in Element and in an IRC client of her own. */
export const MEMBER = 'erin';
export const MEMBER_ON_IRC = 'erin-phone';

export type Speaker =
  | (typeof IRC_SPEAKERS)[number]
  | (typeof MATRIX_SPEAKERS)[number]
  | typeof MEMBER
  | typeof MEMBER_ON_IRC;
export type Utterance = {
  readonly speaker: Speaker;
  readonly channel: string;
  readonly text: string;
  readonly action?: boolean;
};

const [CAROL, DAVE] = IRC_SPEAKERS;

/** About 1,500 bytes in many scripts: more than IRC takes in one line. */
const LONG = Array.from({ length: 60 }, (_, i) => `bean ${i + 1}: größer, 豆, фасоль 🫘,`).join(' ');
/** As much as IRC takes in one line, nearly. */
const LONG_ON_IRC = Array.from({ length: 36 }, (_, i) => `furrow ${i + 1},`).join(' ');

/** The quiet part: one line after the other, each waited for. */
export const CONVERSATION: readonly Utterance[] = [
  { speaker: 'alice', channel: '#commons', text: 'Good morning! Is anybody here on IRC?' },
  { speaker: CAROL, channel: '#commons', text: 'Yes, good morning from IRC.' },
  { speaker: 'alice', channel: '#commons', text: 'waters the tomatoes', action: true },
  { speaker: CAROL, channel: '#commons', text: 'opens the gate', action: true },
  { speaker: 'bob', channel: '#commons', text: 'Grüße aus dem Garten 🌻, 日本語, العربية, e\u0301 and 👩‍🌾' },
  { speaker: DAVE, channel: '#commons', text: 'naïve café, 10 €, 🫘 ✓ and a nick like mine' },
  { speaker: 'alice', channel: '#commons', text: LONG },
  { speaker: CAROL, channel: '#commons', text: LONG_ON_IRC },
  { speaker: 'bob', channel: '#garden', text: '/me is no command here: *stars*, <b>tags</b> & :colons' },
  { speaker: CAROL, channel: '#garden', text: 'in the garden only its group speaks, and I am in it' },
  { speaker: DAVE, channel: '#commons', text: ':a colon first, and  two  spaces' },
];

/** @param about put into each line, so that each is unlike any other of the demo */
export const numbered = (speaker: Speaker, channel: string, about: string, count: number): Utterance[] =>
  Array.from({ length: count }, (_, i) => ({ speaker, channel, text: `${about}, line ${i + 1} of ${speaker}` }));
