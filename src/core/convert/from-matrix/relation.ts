import type { Relation } from './say.ts';
import { eventIdIn, objectIn } from './view.ts';

/**
 * What a message answers or replaces (Matrix 1.12 `m.relates_to`). In a thread that is what it answers there; a client that
 * only fills the reply in for those without threads (`is_falling_back`) answers nobody in particular.
 */
export function relationOf(content: Readonly<Record<string, unknown>>): Relation {
  const relates = objectIn(content['m.relates_to']);
  const target = eventIdIn(relates.event_id);
  if (relates.rel_type === 'm.replace' && target !== undefined) return { edits: target };
  if (relates.rel_type === 'm.thread' && relates.is_falling_back === true) return {};
  const replyTo = eventIdIn(objectIn(relates['m.in_reply_to']).event_id);
  return replyTo === undefined ? {} : { replyTo };
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
