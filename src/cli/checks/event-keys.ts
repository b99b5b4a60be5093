import { readKeys } from '../../authority/keys/remote-keys.ts';
import { systemClock } from '../../clock.ts';
import type { ConfigParts } from '../../config/parts.ts';
import { type Finding, good, noteAt } from './finding.ts';

/** Whether the keys can be had by which pushed events are believed. */
export async function checkEventKeys({ authority, ...parts }: ConfigParts): Promise<Finding[]> {
  const url = authority?.source === 'none' ? undefined : authority?.events?.jwksUrl;
  if (url === undefined) return [];
  const keys = await readKeys({ url, whose: 'The key set', clock: systemClock });
  if (keys.kind === 'ok')
    return [good('events', `${url} has ${keys.value.length === 1 ? '1 key' : `${keys.value.length} keys`}`)];
  const note = noteAt(parts, ['authority', 'events', 'jwksUrl']);
  return [
    note(keys.text, 'Until they can be had no pushed event is taken; the authority is asked as often as always.'),
  ];
}
