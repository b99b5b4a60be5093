import type { Relation } from './say.ts';
import { eventIdIn, objectIn } from './view.ts';

/**
 * What a message answers or replaces (Matrix 1.12 `m.relates_to`). In a thread that is what it answers there, else what was said last, as
 * clients fill it in for those without threads (`is_falling_back`): in a channel, where threads run through each other, that is
 * what makes it understood.
 */
export function relationOf(content: Readonly<Record<string, unknown>>): Relation {
  const relates = objectIn(content['m.relates_to']);
  const target = eventIdIn(relates.event_id);
  if (relates.rel_type === 'm.replace' && target !== undefined) return { edits: target };
  const thread = relates.rel_type === 'm.thread' ? target : undefined;
  const replyTo = eventIdIn(objectIn(relates['m.in_reply_to']).event_id) ?? thread;
  return { ...(replyTo !== undefined && { replyTo }), ...(thread !== undefined && { thread }) };
}

/** Old clients quote what they answer in lines beginning with `> ` (Matrix 1.12, "rich replies", fallback). */
export function withoutReplyFallback(content: Readonly<Record<string, unknown>>, body: string): string {
  const isReply = 'm.in_reply_to' in objectIn(content['m.relates_to']);
  if (!isReply || !body.startsWith('> ')) return body;
  const lines = body.split('\n');
  const end = lines.findIndex((line) => !line.startsWith('>'));
  if (end < 0) return body;
  const answer = lines.slice(lines[end] === '' ? end + 1 : end).join('\n');
  return answer.trim() === '' ? body : answer;
}
