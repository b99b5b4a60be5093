import type { BotConfig } from '../config/schema-network.ts';
import type { Assembled } from '../core/irc/batch-parts.ts';
import type { Session } from './session.ts';

const ANSWER_MS = 3000;
/** 381: now an operator; the rest: not. */
const OPER_ANSWERS: ReadonlySet<string> = new Set(['381', '464', '491', '481']);

/**
 * What the bot says before it joins: that it is a bot, and who it is where SASL could not say so.
 * @returns a sentence about what went wrong, if something did; it goes on all the same
 */
export async function greet({ link, replies }: Session, bot: BotConfig, nowMs: number): Promise<string | undefined> {
  const { botMode } = link.isupport;
  if (botMode !== undefined) link.send({ command: 'MODE', params: [link.nick, `+${botMode}`] });
  const problems: string[] = [];
  if (bot.oper?.password !== undefined) {
    link.send({ command: 'OPER', params: [bot.oper.user, bot.oper.password] });
    const answer = await replies.expect(nowMs + ANSWER_MS, (item) => commandIn(item, OPER_ANSWERS));
    if (answer !== '381') problems.push('The bot did not become an IRC operator. Check bot.oper in the configuration.');
  }
  if (bot.nickserv?.password !== undefined && link.account === null) {
    const { service, password } = bot.nickserv;
    link.send({ command: 'PRIVMSG', params: [service, `IDENTIFY ${password}`] });
    const answer = await replies.expect(nowMs + 2 * ANSWER_MS, (item) => answerOf(item, service));
    if (answer === undefined) problems.push(`${service} did not answer the bot's login.`);
  }
  return problems.length === 0 ? undefined : problems.join(' ');
}

const commandIn = (item: Assembled, commands: ReadonlySet<string>): string | undefined =>
  item.kind === 'line' && commands.has(item.line.command) ? item.line.command : undefined;

function answerOf(item: Assembled, service: string): string | undefined {
  if (item.kind !== 'line') return undefined;
  const { command, source } = item.line;
  if (command === '900') return command;
  return command === 'NOTICE' && source?.nick.toLowerCase() === service.toLowerCase() ? command : undefined;
}
