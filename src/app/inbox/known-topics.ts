import type { NetworkTopic } from '../../core/events.ts';
import type { PortalId } from '../../core/ids.ts';
import type { Sql } from '../../ports/db.ts';
import type { Stores } from '../../ports/stores.ts';
import { parseEffect } from '../lanes/parse-effect.ts';

/** Under this name a cursor holds the topic of a portal's channel, as it was last heard or set. */
const TOPIC_OF = 'topic:';

/** `first`: nothing was known of this channel before. */
export type TopicNews = 'known' | 'changed' | 'first';

/** Notes what the topic of a channel is. */
export async function noteTopic(
  { cursor }: Pick<Stores, 'cursor'>,
  sql: Sql,
  portal: PortalId,
  topic: string,
): Promise<void> {
  if ((await cursor.get(sql, TOPIC_OF + portal)) !== topic) await cursor.set(sql, TOPIC_OF + portal, topic);
}

/**
 * Whether a topic is news to the room, and notes it. One that somebody sets is; one that the channel has as we come in is where it is not what
 * was known: then it was set while nobody of ours was there. What the room's own people made of it meanwhile, and the channel is yet to
 * hear, is newer.
 */
export async function takeTopic(
  stores: Pick<Stores, 'cursor' | 'outbox'>,
  sql: Sql,
  { id, channel }: { readonly id: PortalId; readonly channel: string },
  { topic, standing, network }: NetworkTopic,
): Promise<TopicNews> {
  const known = await stores.cursor.get(sql, TOPIC_OF + id);
  await noteTopic(stores, sql, id, topic);
  if (standing !== true) return 'changed';
  if (known === topic || (await isAboutToBeSet(stores, sql, network, channel))) return 'known';
  return known === undefined ? 'first' : 'changed';
}

async function isAboutToBeSet(
  { outbox }: Pick<Stores, 'outbox'>,
  sql: Sql,
  network: string,
  channel: string,
): Promise<boolean> {
  const waiting = (await outbox.openOf(sql, 'network.topic')).map(parseEffect);
  return waiting.some(
    (effect) => effect?.op === 'network.topic' && effect.network === network && effect.channel === channel,
  );
}
