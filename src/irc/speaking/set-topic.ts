import { type BridgeError, fail, ok, type Result } from '../../core/errors.ts';
import type { Assembled } from '../../core/irc/batch-parts.ts';
import { fold } from '../../core/irc/casemap.ts';
import { cutToBytes } from '../../core/irc/cut.ts';
import { sanitizeText } from '../../core/irc/encode.ts';
import { refusalToError } from '../../core/irc/numerics.ts';
import type { Puppet } from '../puppets/puppet.ts';
import type { Session } from '../session.ts';
import type { Link } from '../wire/link.ts';
import type { Replies } from '../wire/replies.ts';

const TOPIC_REFUSALS: ReadonlySet<string> = new Set(['403', '442', '477', '482', '404', '461']);

/** Sets a topic over one connection, and waits for the server's word. */
async function setTopicOn(
  link: Link,
  replies: Replies,
  channel: string,
  topic: string,
  deadlineMs: number,
): Promise<Result<void>> {
  const text = cutToBytes(sanitizeText(topic), link.isupport.topicLen);
  const sent = link.send({ command: 'TOPIC', params: [channel, text] });
  if (!sent.ok) return sent;
  const answer = await replies.expect(deadlineMs, (item) => readAnswer(item, link, channel));
  return answer ?? fail(unanswered(channel));
}

function readAnswer(item: Assembled, link: Link, channel: string): Result<void> | undefined {
  if (item.kind !== 'line') return undefined;
  const { command, params, source } = item.line;
  const { casemapping } = link.isupport;
  const concerns = (name: string | undefined) =>
    name !== undefined && fold(name, casemapping) === fold(channel, casemapping);
  if (command === 'TOPIC' && link.isMe(source?.nick) && concerns(params[0])) return ok(undefined);
  if (!TOPIC_REFUSALS.has(command) || !concerns(params[1])) return undefined;
  return fail(refusalToError({ code: command, command: 'TOPIC', target: channel, reason: params.at(-1) ?? '' }));
}

const unanswered = (channel: string): BridgeError => ({
  code: 'irc_topic_unanswered',
  text: `The IRC server did not answer when the topic of ${channel} was set; look whether it changed.`,
  retry: 'never',
  notify: 'sender',
});

/** By the person's own connection, where they are in the channel and may; else by the bot. */
export async function setTopicBy(
  puppet: Puppet | undefined,
  session: Session,
  channel: string,
  topic: string,
  deadlineMs: number,
): Promise<Result<void>> {
  if (puppet?.isIn(channel) === true) {
    const result = await setTopicOn(puppet.link, puppet.replies, channel, topic, deadlineMs);
    if (result.ok || result.error.code !== 'irc_482') return result;
  }
  return await setTopicOn(session.link, session.replies, channel, topic, deadlineMs);
}
