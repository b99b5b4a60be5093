import type { CommandPlace } from '../../core/commands/command-table.ts';
import { ok } from '../../core/errors.ts';
import { cleanName } from '../../core/identity/display-name.ts';
import type { NetworkId } from '../../core/ids.ts';
import type { Network } from '../../ports/network.ts';
import type { PortalReport } from '../../ports/status.ts';
import type { Kit } from '../kit.ts';
import type { NickWishes } from '../people/nick-wishes.ts';
import type { People, PeopleParts } from '../people/people.ts';
import type { Rosters } from '../people/rosters.ts';
import type { Portal, PortalTable } from '../rooms/portal-table.ts';
import type { Asker } from './asker.ts';
import type { BridgingCommands } from './bridging-commands.ts';
import { linkWords } from './link-words.ts';

export type HereParts = {
  readonly kit: Kit;
  readonly portals: PortalTable;
  readonly rosters: () => Pick<Rosters, 'people'>;
  readonly status: () => { ofPortal(portal: Portal): Promise<PortalReport> };
  readonly vouching: { networkName(network: NetworkId): string };
  readonly bridging: Pick<BridgingCommands, 'countWords'>;
  readonly people: Pick<People, 'person'>;
  readonly wishes: NickWishes;
  readonly mannerIn: PeopleParts['mannerIn'];
};

/** What may be asked for: what every server allows, and letters beyond ASCII, which some do. */
const NICK = /^[\p{L}[\]\\`_^{}|][\p{L}\p{N}[\]\\`_^{}|-]{0,29}$/u;
/** Nicks of one answer. */
const MAX_NAMES = 60;

/** Answers what is asked about the room in which it is asked. */
export class HereCommands {
  readonly #parts: HereParts;

  constructor(parts: HereParts) {
    this.#parts = parts;
  }

  /** What a room of ours is for, where it is not a private one with the bot. */
  placeOf(room: string): CommandPlace {
    const portal = this.#parts.portals.anyByRoom(room);
    if (portal === undefined) return 'house';
    return portal.direct === undefined ? 'channel' : 'conversation';
  }

  /** Who of the network is in the room's channel now. */
  async names(asker: Asker): Promise<string> {
    const { portal, network, name } = this.#here(asker) ?? {};
    if (portal === undefined || network === undefined) return '';
    const channel = cleanName(portal.channel);
    const { state, channels } = network.status();
    if (state !== 'up' || channels.get(portal.channel)?.joined === false)
      return `The bridge does not see who is in ${channel} on ${name} now. It goes on trying.`;
    const nicks = [...this.#parts.rosters().people(portal).values()]
      .map(({ nick, origin }) => cleanName(nick) + (origin === undefined ? '' : ` via ${cleanName(origin)}`))
      .sort(bySmallLetters);
    const count = nicks.length === 1 ? 'One person of the network is' : `${nicks.length} people of the network are`;
    if (nicks.length === 0) return `Nobody of the network is in ${channel} on ${name} now.`;
    const more = nicks.length > MAX_NAMES ? `, and ${nicks.length - MAX_NAMES} more` : '';
    return `${count} in ${channel} on ${name}: ${nicks.slice(0, MAX_NAMES).join(', ')}${more}.`;
  }

  /** How the link of this room stands, and of no other. */
  async status(asker: Asker): Promise<string> {
    const { portal, network, name } = this.#here(asker) ?? {};
    if (portal === undefined || network === undefined || name === undefined) return '';
    const report = await this.#parts.status().ofPortal(portal);
    const words = linkWords(report, { name, state: network.status().state }, this.#parts.kit.clock.nowMs());
    const out = this.#parts.bridging.countWords();
    return out === '' ? words : `${words} ${out}`;
  }

  /** Says what somebody is called on the room's network, or has them called otherwise. @param word a nick, or `-` for none of their own */
  async nick(asker: Asker, word = ''): Promise<string> {
    const { portal, network, name } = this.#here(asker) ?? {};
    if (asker.kind !== 'matrix' || portal === undefined || network === undefined || name === undefined) return '';
    const { people, wishes, mannerIn } = this.#parts;
    const { room, userId } = asker;
    const { alias } = mannerIn(room, userId);
    if (alias !== undefined)
      return `You are known here as ${cleanName(alias)}, as your seat says, and by no other name.`;
    const called = network.nicks?.nickOf(portal.channel, userId);
    if (word === '') return calledWords(name, called, (await people.person(room, userId)).displayName);
    if (word !== '-' && !NICK.test(word))
      return 'A nick is one word of at most 30 characters, and begins with a letter or one of []\\`_^{}|. Ask for another.';
    const before = wishes.of(portal.network, userId);
    await wishes.set(portal.network, userId, word === '-' ? undefined : word);
    const person = await people.person(room, userId);
    const became = (await network.nicks?.take?.(person)) ?? ok(undefined);
    if (became.ok) return calledWords(name, became.value, person.displayName);
    if (became.error.retry !== 'never') return became.error.text;
    await wishes.set(portal.network, userId, before);
    return `${became.error.text} You are still ${called ?? 'called as before'} on ${name}.`;
  }

  #here(asker: Asker): { readonly portal: Portal; readonly network: Network; readonly name: string } | undefined {
    const { kit, portals, vouching } = this.#parts;
    const portal = asker.kind === 'matrix' ? portals.anyByRoom(asker.room) : undefined;
    const network = portal === undefined ? undefined : kit.networks.get(portal.network);
    if (portal === undefined || network === undefined) return undefined;
    return { portal, network, name: cleanName(vouching.networkName(portal.network)) };
  }
}

const calledWords = (network: string, called: string | undefined, wanted: string): string =>
  called === undefined
    ? `You have no connection of your own on ${network} now. When you speak there you are ${cleanName(wanted)}, or like it where that is taken.`
    : `You are ${cleanName(called)} on ${network}.`;

function bySmallLetters(a: string, b: string): number {
  const [x, y] = [a.toLowerCase(), b.toLowerCase()];
  return x === y ? 0 : x < y ? -1 : 1;
}
