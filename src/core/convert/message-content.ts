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
export function spokenFor(name: string, said: Said): Said {
  const before = said.msgtype === 'm.emote' ? `* ${name} ` : `<${name}> `;
  return {
    ...said,
    msgtype: 'm.text',
    body: `${before}${said.body}`,
    ...(said.formatted !== undefined && { formatted: `${escapeHtml(before)}${said.formatted}` }),
  };
}

/** The HTML of a line that may have none: several lines of one person become one event. */
export const htmlOf = ({ body, formatted }: Said): string => formatted ?? escapeHtml(body).replaceAll('\n', '<br>');
