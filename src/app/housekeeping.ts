import { KEEP_KEYS_MS } from '../core/kept-keys.ts';
import type { Kit } from './kit.ts';
import type { Pages } from './pages.ts';

const EVERY_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** Links of messages and events: how long replies, edits and deletions find their target. */
const KEEP_LINKS_MS = 90 * DAY_MS;
/** Between two portions, so that lines are not kept waiting. */
const BREATH_MS = 200;

/** Forgets, once an hour and in portions, what nobody will ask for any more. @returns ends it */
export function startHousekeeping(kit: Kit, pages: Pages): () => void {
  let cancel = kit.clock.after(EVERY_MS, run);
  function run(): void {
    void forget().then((more) => {
      cancel = kit.clock.after(more ? BREATH_MS : EVERY_MS, run);
    });
  }
  /** @returns whether there is more of it */
  async function forget(): Promise<boolean> {
    const nowMs = kit.clock.nowMs();
    const { inbox, link } = kit.stores;
    try {
      const keys = await kit.db.transaction((sql) => inbox.prune(sql, nowMs - KEEP_KEYS_MS));
      const links = await kit.db.transaction((sql) => link.prune(sql, nowMs - KEEP_LINKS_MS));
      return keys + links + (await pages.prune()) > 0;
    } catch (error) {
      kit.log.debug('old keys were not removed; it is tried again', { error: String(error) });
      return false;
    }
  }
  return () => cancel();
}
