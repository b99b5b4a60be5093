import { BOT_LOCALPART } from '../../core/ids.ts';
import type { Kit } from '../kit.ts';

const NAME = 'Causeway';

/**
 * Gives the bot a name that people can read, where it has none; a name that an admin gave it stays. Before it makes rooms: later it
 * costs an event in each of them.
 */
export async function ensureBotName({ homeserver, log }: Kit): Promise<void> {
  const known = await homeserver.displayName(homeserver.botId);
  // Dendrite names everybody after their localpart at first.
  if (!known.ok || (known.value !== null && known.value !== BOT_LOCALPART)) return;
  const named = await homeserver.setDisplayName(homeserver.botId, NAME);
  if (!named.ok) log.debug('the bot could not be named; the next start tries again', { why: named.error.text });
}
