import type { CommandPlace } from '../../core/commands/command-row.ts';
import { ok } from '../../core/errors.ts';
import { cleanName } from '../../core/identity/display-name.ts';
import type { NetworkId } from '../../core/ids.ts';
import type { CommandAnswer } from '../../ports/commands.ts';
import type { Network, RosterEntry } from '../../ports/network.ts';
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

/** Nicks of one message. */
const MAX_NAMES = 60;

/** A link, its network, and what people call that. */
type Here = { readonly portal: Portal; readonly network: Network; readonly name: string };

/** Answers what is asked about one link: in a room about its own, on the command line about the one that is named. */
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

  /** Who of the network is in the channel now. */
  async names(asker: Asker, named?: string): Promise<CommandAnswer> {
    const here = this.#here(asker, named);
    if ('refusal' in here) return { ok: false, text: here.refusal };
    const { portal, network, name } = here;
    const channel = cleanName(portal.channel);
    const { state, channels } = network.status();
    if (state !== 'up' || channels.get(portal.channel)?.joined === false)
      return { ok: false, text: `The bridge does not see who is in ${channel} on ${name} now. It goes on trying.` };
    const people = [...this.#parts.rosters().people(portal).values()];
    const facts = { network: portal.network, channel: portal.channel, people };
    return {
      ok: true,
      text: namesWords(people, asker.kind === 'terminal' ? people.length : MAX_NAMES, `${channel} on ${name}`),
      facts,
    };
  }

  /** How one link stands, and no other. */
  async status(asker: Asker, named?: string): Promise<CommandAnswer> {
    const here = this.#here(asker, named);
    if ('refusal' in here) return { ok: false, text: here.refusal };
    const { portal, network, name } = here;
    const facts = await this.#parts.status().ofPortal(portal);
    const words = linkWords(facts, { name, state: network.status().state }, this.#parts.kit.clock.nowMs());
    const out = this.#parts.bridging.countWords();
    return { ok: true, text: out === '' ? words : `${words} ${out}`, facts };
  }

  /** Says what somebody is called on the room's network, or has them called otherwise. @param word a nick, or `-` for none of their own */
  async nick(asker: Asker, word = ''): Promise<string> {
    const here = this.#here(asker);
    if (asker.kind !== 'matrix' || 'refusal' in here) return '';
    const { portal, network, name } = here;
    const { people, wishes, mannerIn } = this.#parts;
    const { room, userId } = asker;
    const { alias } = mannerIn(room, userId);
    if (alias !== undefined)
      return `You are known here as ${cleanName(alias)}, as your seat says, and by no other name.`;
    const called = network.nicks?.nickOf(portal.channel, userId);
    if (word === '') return calledWords(name, called, (await people.person(room, userId)).displayName);
    const before = wishes.of(portal.network, userId);
    await wishes.set(portal.network, userId, word === '-' ? undefined : word);
    const person = await people.person(room, userId);
    const became = (await network.nicks?.take?.(person)) ?? ok(undefined);
    if (became.ok) return calledWords(name, became.value, person.displayName);
    if (became.error.retry !== 'never') return became.error.text;
    await wishes.set(portal.network, userId, before);
    return `${became.error.text} You are still ${called ?? 'called as before'} on ${name}.`;
  }

  /** @param named on the command line: a channel, with or without its network and its `#`, or a room */
  #here(asker: Asker, named = ''): Here | { readonly refusal: string } {
    const { kit, portals, vouching } = this.#parts;
    const found =
      asker.kind === 'terminal'
        ? [...portals.all()].filter((portal) => isNamed(portal, named, kit.networks.get(portal.network)))
        : [asker.kind === 'matrix' ? portals.anyByRoom(asker.room) : undefined];
    const [portal, another] = found;
    if (portal !== undefined && another !== undefined)
      return { refusal: `Say which: ${found.map((each) => `${each?.network}/${each?.channel}`).join(', ')}.` };
    const network = portal === undefined ? undefined : kit.networks.get(portal.network);
    if (portal === undefined || network === undefined)
      return { refusal: `There is no link of ${named}. \`causeway status --all\` lists those that there are.` };
    return { portal, network, name: cleanName(vouching.networkName(portal.network)) };
  }
}

function isNamed({ network, channel, roomId, config }: Portal, named: string, on: Network | undefined): boolean {
  const fold = (text: string): string => on?.fold(text) ?? text.toLowerCase();
  const names = [channel, channel.replace(/^[#&+!]/, '')].flatMap((name) => [name, `${network}/${name}`]);
  return named === roomId || named === config.room || names.some((name) => fold(name) === fold(named));
}

function namesWords(people: readonly RosterEntry[], maxShown: number, where: string): string {
  const nicks = people
    .map(({ nick, origin }) => cleanName(nick) + (origin === undefined ? '' : ` via ${cleanName(origin)}`))
    .sort(bySmallLetters);
  if (nicks.length === 0) return `Nobody of the network is in ${where} now.`;
  const count = nicks.length === 1 ? 'One person of the network is' : `${nicks.length} people of the network are`;
  const more = nicks.length > maxShown ? `, and ${nicks.length - maxShown} more` : '';
  return `${count} in ${where}: ${nicks.slice(0, maxShown).join(', ')}${more}.`;
}

const calledWords = (network: string, called: string | undefined, wanted: string): string =>
  called === undefined
    ? `You have no connection of your own on ${network} now. When you speak there you are ${cleanName(wanted)}, or like it where that is taken.`
    : `You are ${cleanName(called)} on ${network}.`;

function bySmallLetters(a: string, b: string): number {
  const [x, y] = [a.toLowerCase(), b.toLowerCase()];
  return x === y ? 0 : x < y ? -1 : 1;
}
