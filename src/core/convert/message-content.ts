import type { SendToMatrix } from '../events.ts';
import { escapeHtml } from '../text/spans-to-html.ts';

type Said = Pick<SendToMatrix, 'msgtype' | 'body' | 'formatted' | 'mentions' | 'link'>;

/**
 * What a line of a network is in the content of an event. `m.mentions` is always there: without it clients look for people's names in the
 * text by themselves (Matrix 1.7). Nobody on a network can call the whole room.
 */
export const messageContent = ({ msgtype, body, formatted, mentions, link }: Said) => ({
  msgtype,
  body,
  ...(formatted !== undefined && { format: 'org.matrix.custom.html', formatted_body: formatted }),
  'm.mentions': mentions === undefined || mentions.length === 0 ? {} : { user_ids: mentions },
  // Element shows it as "Source URL": where the network itself says what was said.
  ...(link !== undefined && { external_url: link }),
});

/** The same said by the bot, for somebody who has no ghost here. */
export const spokenFor = (name: string, said: Said): Said => ({
  ...behind(said.msgtype === 'm.emote' ? `* ${name} ` : `<${name}> `, said),
  msgtype: 'm.text',
});

/**
 * The same with these words in front of every line of it: whoever could write a line without them could write one in somebody else's name.
 * Several lines have no looks then, since HTML has more ways to begin a line than can be told.
 */
export function behind<T extends Pick<Said, 'body' | 'formatted'>>(words: string, said: T): T {
  const { formatted, ...rest } = said;
  const lines = said.body.split('\n');
  const body = lines.map((line) => `${words}${line}`).join('\n');
  const isOneLine =
    lines.length === 1 &&
    formatted !== undefined &&
    !/<(?!\/?(?:b|i|u|s|em|strong|del|code|span|font|a)\b)/i.test(formatted);
  return { ...rest, body, ...(isOneLine && { formatted: `${escapeHtml(words)}${formatted}` }) } as T;
}

/** The HTML of a line that may have none: several lines of one person become one event. */
export const htmlOf = ({ body, formatted }: Said): string => formatted ?? escapeHtml(body).replaceAll('\n', '<br>');
