import type { Argument, ArgumentForm, CommandPlace } from './command-row.ts';
import { argumentsIn, type CommandName } from './command-table.ts';
import { usage } from './command-usage.ts';

type Form = { readonly fits: RegExp; readonly wrong: string };

/** Longer than any id or alias (255 bytes), and than what anybody types. */
const WORD = /^[^\p{Cc}]{1,512}$/u;

const FORMS: Readonly<Record<ArgumentForm, Form>> = {
  word: { fits: WORD, wrong: 'A word of at most 512 letters is meant, without control characters.' },
  switch: { fits: /^(on|off)$/i, wrong: 'Say `on` or `off` behind it.' },
  // What every server allows, and letters beyond ASCII, which some do.
  wish: {
    fits: /^(-|[\p{L}[\]\\`_^{}|][\p{L}\p{N}[\]\\`_^{}|-]{0,29})$/u,
    wrong:
      'A nick is one word of at most 30 characters, and begins with a letter or one of []\\`_^{}|. Ask for another.',
  },
  // No list, no channel, also behind the name of a network.
  nick: {
    fits: /^(?![^/]*\/[:#&+])[^\s\p{Cc},:#&+!@*?][^\s\p{Cc},!@*?]{0,95}$/u,
    wrong: 'NICK is one nick, or NETWORK/NICK.',
  },
  hash: {
    fits: /^[A-Za-z0-9_-]{4,128}$/,
    wrong: 'A plan is named by its hash: letters and digits, as `plans` and the admin room show it.',
  },
  token: { fits: /^\S+$/, wrong: 'One word is meant.' },
  'audit-task': { fits: /^(verify|export)$/, wrong: 'Say `causeway audit verify` or `causeway audit export`.' },
};

/**
 * What is wrong with the words behind a command, as a sentence that says what would be right.
 * @returns undefined where nothing is
 */
export function wrongWords(name: CommandName, place: CommandPlace, words: readonly string[]): string | undefined {
  const takes = argumentsIn(name, place);
  const say = `Say \`${usage(name, place)}\``;
  const missing = takes.filter(({ optional }) => optional !== true)[words.length];
  if (missing !== undefined) return `${say}: ${missing.name} is ${missing.is}.`;
  if (words.length > takes.length && takes.at(-1)?.rest !== true)
    return `${say}${takes.length === 0 ? ' and nothing behind it' : '; there are more words than that'}.`;
  for (const [n, word] of words.entries()) {
    const { fits, wrong } = FORMS[formOf(takes[n] ?? takes.at(-1))];
    if (!fits.test(word)) return wrong;
  }
  return undefined;
}

const formOf = (argument: Argument | undefined): ArgumentForm => argument?.form ?? 'word';
