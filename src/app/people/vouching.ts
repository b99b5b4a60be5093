import type { Config } from '../../config/schema.ts';
import type { NetworkSource } from '../../core/events.ts';
import {
  type Assurance,
  assuranceOf,
  didSentence,
  type NetworkTrust,
  originWords,
  vouchSentence,
} from '../../core/identity/assurance.ts';
import { cleanName, displayName } from '../../core/identity/display-name.ts';
import { type Voucher, vouchFacts } from '../../core/identity/provenance.ts';
import type { GhostSubject, NetworkId } from '../../core/ids.ts';
import type { PortalRoom } from '../../core/room/portal-room.ts';
import { topicNote } from '../../core/room/topic-note.ts';
import type { Portal } from '../rooms/portal-table.ts';

const REMEMBERED = 20_000;

type NetworkSection = Config['networks'][number];
type Who = Pick<NetworkSource, 'account' | 'origin'>;

/** What each network's word is worth, and what its people are called, by the configuration as it is now. */
export class Vouching {
  #sections: ReadonlyMap<string, NetworkSection> = new Map();
  /** A name is asked for with each line. */
  readonly #names = new Map<string, string>();
  readonly #isMember: (network: NetworkId, account: string) => boolean;

  /** @param isMember whether the authority knows this account of the network as a member's */
  constructor(config: Config, isMember: (network: NetworkId, account: string) => boolean) {
    this.#isMember = isMember;
    this.configure(config);
  }

  configure(config: Config): void {
    this.#sections = new Map(config.networks.map((section) => [section.id, section]));
    this.#names.clear();
  }

  /** As people name the network. */
  networkName(network: NetworkId): string {
    return this.#sections.get(network)?.name ?? network;
  }

  /** Whose server it is. A network that the configuration does not know any more is nobody's we trust. */
  #trust(network: NetworkId): NetworkTrust {
    return this.#sections.get(network)?.trust ?? 'foreign';
  }

  /** A portal's room, as it says of itself what it is bridged with. */
  describe({ network, channel, config }: Portal): PortalRoom {
    return {
      network,
      networkName: this.networkName(network),
      protocol: this.#sections.get(network)?.kind ?? 'irc',
      trust: this.#trust(network),
      channel,
      name: config.name ?? channel,
      ...(config.topic === undefined ? {} : { topic: config.topic }),
    };
  }

  /** What stands behind the topic of a portal's room, where the configuration wants that. */
  topicNote({ network, channel }: Portal): { readonly topicNote?: string } {
    if (this.#sections.get(network)?.topicNote === false) return {};
    return { topicNote: topicNote(this.networkName(network), channel, this.#trust(network)) };
  }

  voucher(network: NetworkId): Voucher {
    return {
      trust: this.#trust(network),
      isMember: (account) => this.#isMember(network, account),
    };
  }

  assuranceOf(network: NetworkId, who: Who): Assurance {
    return assuranceOf(vouchFacts(who, this.voucher(network)));
  }

  /** Name of a ghost, as the network's template makes it. */
  nameOf(network: NetworkId, subject: GhostSubject, nick: string): string {
    const key = JSON.stringify([network, subject.kind, subject.name, subject.origin, nick]);
    const known = this.#names.get(key);
    if (known !== undefined) return known;
    const name = this.#makeName(network, subject, nick);
    if (this.#names.size >= REMEMBERED) this.#names.clear();
    this.#names.set(key, name);
    return name;
  }

  #makeName(network: NetworkId, { kind, name, origin }: GhostSubject, nick: string): string {
    const section = this.#sections.get(network);
    const here = section?.displayNames.here ?? (section?.kind === 'freeq' ? '{nick} (freeq)' : '{nick} (IRC)');
    const templates = { here, via: section?.displayNames.via ?? '{nick} via {origin}' };
    const account = kind === 'account' ? name : null;
    return displayName({ nick, account, origin: origin ?? null, network: this.networkName(network) }, templates);
  }

  /** Who vouches for somebody on a network, in a sentence or two. */
  sentence(network: NetworkId, who: Who): string {
    const account = who.account ?? '';
    const words = {
      network: cleanName(this.networkName(network)),
      account: cleanName(account),
      origin: cleanName(originWords(who.origin ?? '')),
    };
    const said = vouchSentence(vouchFacts(who, this.voucher(network)), words);
    const did = didSentence(account);
    return did === undefined ? said : `${said} ${did}`;
  }
}
