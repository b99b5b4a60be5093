import type { NetworkMessage, NetworkSource } from '../events.ts';
import { msgidOf } from '../ids.ts';
import { type Assurance, assuranceOf, type NetworkTrust, type VouchFacts } from './assurance.ts';

/**
 * Where an event comes from and who vouches for whoever said it. It goes whole into every bridged event (see
 * convert/marker) and into the store: strings and null only, since Matrix events hold no floats.
 */
export type Provenance = {
  readonly network: string;
  readonly channel: string;
  readonly nick: string;
  readonly account: string | null;
  /** Server that vouches; null: the one that the bridge is connected to. */
  readonly origin: string | null;
  readonly assurance: Assurance;
  /** The network's own id of the message, where it has one: the same on all servers of the network. */
  readonly msgid: string | null;
  /** Whether the network carried a signature. `unchecked` proves nothing. */
  readonly signature: 'none' | 'unchecked';
  readonly actor?: 'agent';
};

/** What has to be known of a network, and of whom it names, to say who vouches. */
export type Voucher = {
  readonly trust: NetworkTrust;
  /** Whether the cooperative knows this account of the network as a member's; asked only of accounts without origin. */
  readonly isMember: (account: string) => boolean;
};

export function vouchFacts(
  source: Pick<NetworkSource, 'account' | 'origin'>,
  { trust, isMember }: Voucher,
): VouchFacts {
  const account = source.account || null;
  const origin = source.origin ?? null;
  return { account, origin, trust, isMember: account !== null && origin === null && isMember(account) };
}

/** @param event anything that somebody on a network did */
export function provenanceOf(
  event: Pick<NetworkMessage, 'network' | 'channel' | 'key' | 'source' | 'signature'>,
  voucher: Voucher,
): Provenance {
  const { network, channel, source, signature, key } = event;
  const facts = vouchFacts(source, voucher);
  return {
    network,
    channel,
    nick: source.nick,
    account: facts.account,
    origin: facts.origin,
    assurance: assuranceOf(facts),
    msgid: msgidOf(key) ?? null,
    signature: signature ?? 'none',
    ...(source.actor === undefined ? {} : { actor: source.actor }),
  };
}

const MAX_LINK = 2000;

/** A link that a client may be given to follow: http or https, of a sane length; undefined for anything else. */
export function safeLink(link: string | undefined): string | undefined {
  if (link === undefined || link.length > MAX_LINK || !/^https?:\/\/[^\s\p{Cc}]+$/u.test(link)) return undefined;
  return URL.canParse(link) ? link : undefined;
}
