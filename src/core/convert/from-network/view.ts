import type {
  Effect,
  KeyedEffect,
  NetworkDeletion,
  NetworkEvent,
  NetworkMessage,
  NetworkReaction,
} from '../../events.ts';
import { provenanceOf, type Voucher } from '../../identity/provenance.ts';
import { subjectOf } from '../../identity/subject.ts';
import type { MessageKey, NetworkId } from '../../ids.ts';
import type { Wall } from '../../room/walls.ts';

/** What a converter may know of the portal that an event belongs to. */
export type NetworkView = {
  readonly room: string;
  /** Folds names by the network's case mapping. */
  readonly fold: (name: string) => string;
  /** Matrix user whom a name means here, if they want to be called; left out where nobody is to be. */
  readonly personOf?: (name: string) => string | undefined;
  /** What kept people out of the channel as far as was known before. */
  readonly wallsBefore?: readonly Wall[];
  /** Whether only people with a status could speak there, as far as was known before. */
  readonly wasModerated?: boolean;
  /** Somebody else sees to who comes into the room, whatever the channel says. */
  readonly doorIsKept?: boolean;
  /** What the network's word is worth. */
  readonly voucher: Voucher;
  /** What stands behind the topic in the room (core/room/topic-note); none where topics are left alone. */
  readonly topicNote?: string;
  /** Nothing was known of the channel's topic before. */
  readonly isFirstTopic?: boolean;
};

/** What every effect in somebody's name says of them. */
export const inTheNameOf = (event: NetworkMessage | NetworkReaction | NetworkDeletion, view: NetworkView) => ({
  network: event.network,
  subject: subjectOf(event.source, view.fold),
  nick: event.source.nick,
  provenance: provenanceOf(event, view.voucher),
});

/** Key of an effect that follows from a message of a network; with a part number where one message makes several. */
export const effectKey = (network: NetworkId, key: MessageKey, part = 0): string =>
  part === 0 ? `${network}|${key}` : `${network}|${key}#${part}`;

/** The one effect of an event. */
export const one = (event: NetworkEvent, effect: Effect): KeyedEffect[] => [
  { key: effectKey(event.network, event.key), effect },
];
