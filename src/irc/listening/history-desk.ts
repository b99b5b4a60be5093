import type { Assembled, BatchInfo } from '../../core/irc/batch-parts.ts';
import { messagesOf } from '../../core/irc/batch-parts.ts';
import { sameName } from '../../core/irc/casemap.ts';
import { type Continues, joinContinued } from '../../core/irc/continued-lines.ts';
import type { Link } from '../wire/link.ts';
import type { Replies } from '../wire/replies.ts';
import type { Spoken } from './reading.ts';

export type HistoryAnswer =
  | { readonly kind: 'page'; readonly spoken: readonly Spoken[]; readonly atEnd: boolean }
  /** The server refused, or did not answer: `why` is for a log. */
  | { readonly kind: 'failed'; readonly why: string };

const HISTORY_TYPES: ReadonlySet<string> = new Set(['chathistory', 'draft/chathistory']);
const HISTORY_CAPS = ['draft/chathistory', 'chathistory'] as const;

export const isHistoryBatch = (batch: BatchInfo): boolean => HISTORY_TYPES.has(batch.type);

export const hasHistory = (link: Link): boolean =>
  link.hasCap('batch') && HISTORY_CAPS.some((name) => link.hasCap(name));

/** How a connection is told messages of several lines, where it is told them line by line and nothing is lost by that. */
export const continuesOn = (link: Link): Continues | undefined =>
  link.hasCap('draft/multiline') ? undefined : link.dialect.continues;

/** Asks for one page of a channel's history. */
export async function askHistory(
  link: Link,
  replies: Replies,
  channel: string,
  params: readonly string[],
  deadlineMs: number,
): Promise<HistoryAnswer> {
  const label = link.label();
  const tags = label === undefined ? {} : { tags: new Map([['label', label]]) };
  const sent = link.send({ ...tags, command: 'CHATHISTORY', params });
  if (!sent.ok) return { kind: 'failed', why: sent.error.text };
  const answer = await replies.expect(deadlineMs, (item) => readAnswer(item, link, channel, label));
  return answer ?? { kind: 'failed', why: 'no answer in time' };
}

function readAnswer(
  item: Assembled,
  link: Link,
  channel: string,
  label: string | undefined,
): HistoryAnswer | undefined {
  if (item.kind === 'batch') {
    const answersLabel = label !== undefined && item.batch.tags.get('label') === label;
    const ofChannel =
      isHistoryBatch(item.batch) && sameName(item.batch.params[0] ?? '', channel, link.isupport.casemapping);
    if (!answersLabel && !(label === undefined && ofChannel)) return undefined;
    const given = messagesOf(item).filter(({ line }) => line.command !== 'FAIL');
    const continues = continuesOn(link);
    const spoken = continues === undefined ? given : joinContinued(given, continues);
    const refused = messagesOf(item).find(({ line }) => line.command === 'FAIL');
    if (refused !== undefined) return { kind: 'failed', why: refused.line.params.join(' ') };
    if (!item.complete) return { kind: 'failed', why: 'the answer was cut off' };
    return { kind: 'page', spoken, atEnd: item.batch.tags.has('draft/chathistory-end') };
  }
  const { line } = item;
  const answers =
    label === undefined
      ? line.command === 'FAIL' && line.params[0] === 'CHATHISTORY'
      : line.tags.get('label') === label;
  return answers ? { kind: 'failed', why: line.params.slice(0, 6).join(' ') || line.command } : undefined;
}
