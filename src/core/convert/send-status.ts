import type { BridgeError } from '../errors.ts';
import type { KeyedEffect, StatusToMatrix } from '../events.ts';

/** Not merged into Matrix; the form that clients and bridges of Beeper use. Stock clients show nothing of it. */
export const SEND_STATUS = 'com.beeper.message_send_status';

/** Words for programs, by the beginning of the error's code; the first that fits. */
const REASONS: readonly (readonly [code: RegExp, reason: string])[] = [
  [/^(?:irc_away$|irc_not_sent$|network\.|direct\.no-network$)/, 'm.bridge_unavailable'],
  [/^(?:authority|identity|room|direct|person)[.]/, 'm.no_permission'],
  [/^irc_(?:404|47[1357]|474|482|486|489|494|520|531|716)$/, 'm.no_permission'],
  [/^irc_fail_(?:banned|channel_banned|account_required)$/, 'm.no_permission'],
  [/^irc_(?:412|fail_blank_msg|fail_not_enabled)$/, 'com.beeper.unsupported_event'],
];

export const reasonOf = ({ code }: BridgeError): string =>
  REASONS.find(([codes]) => codes.test(code))?.[1] ?? 'm.foreign_network_error';

export function sendStatusContent({ network, eventId, status, error }: StatusToMatrix): object {
  return {
    network,
    'm.relates_to': { rel_type: 'm.reference', event_id: eventId },
    status,
    ...(error !== undefined && { reason: reasonOf(error), message: error.text }),
  };
}

/**
 * Of the rows that one event became all but the last say that more comes: the event has arrived with the last one.
 */
export function withMore(effects: readonly KeyedEffect[]): KeyedEffect[] {
  const last = effects.findLastIndex(({ effect }) => effect.op === 'network.say');
  return effects.map(({ key, effect }, index) =>
    effect.op === 'network.say' && index < last ? { key, effect: { ...effect, more: true } } : { key, effect },
  );
}
