import { cleanName } from '../../core/identity/display-name.ts';
import { subjectOf } from '../../core/identity/subject.ts';
import type { NetworkId } from '../../core/ids.ts';
import type { Network, RosterChange } from '../../ports/network.ts';
import { isAmong, type OptOuts } from '../gates/opt-outs.ts';
import type { Kit } from '../kit.ts';
import type { Pages } from '../pages.ts';
import type { Ghosts } from '../people/ghosts.ts';
import type { Rosters } from '../people/rosters.ts';
import type { PortalTable } from '../rooms/portal-table.ts';
import { inBackground } from '../timing/background.ts';
import type { Person } from './asker.ts';

export type BridgingParts = {
  readonly kit: Kit;
  readonly portals: PortalTable;
  readonly optOuts: OptOuts;
  readonly ghosts: Pick<Ghosts, 'idOf' | 'leave'>;
  readonly rosters: () => Pick<Rosters, 'people'>;
  readonly pages: Pick<Pages, 'withdraw'>;
};

type Somebody = Extract<Person, { kind: 'network' }>;

const WHY = 'does not want to be bridged';

/** Whether people are bridged at all, as they themselves want it. */
export class BridgingCommands {
  readonly #parts: BridgingParts;
  /** Channels whose people were told since the start. */
  readonly #listed = new Set<string>();

  constructor(parts: BridgingParts) {
    this.#parts = parts;
  }

  /** Has whoever asks bridged, or not bridged, from now on. */
  set(asker: Person, isOut: boolean): Promise<string> {
    return asker.kind === 'matrix' ? this.#user(asker.userId, isOut) : this.#person(asker, isOut);
  }

  /** A sentence of how many do not want to be; empty where there is nobody. */
  countWords(): string {
    const { count } = this.#parts.optOuts;
    if (count === 0) return '';
    return count === 1 ? 'One person does not want to be bridged.' : `${count} people do not want to be bridged.`;
  }

  async #user(userId: string, isOut: boolean): Promise<string> {
    const { kit, optOuts, pages } = this.#parts;
    await optOuts.setUser(userId, isOut);
    if (!isOut) return 'What you write goes to the channels again from now on. Links that led nowhere stay so.';
    for (const network of kit.networks.values()) inBackground(kit, network.evict(userId, WHY));
    await pages.withdraw(userId);
    return 'What you write stays on Matrix from now on, in all rooms: nothing goes to a network, your connections there end, and links to what you sent lead nowhere. You can still delete what you said. `!causeway optin` undoes it.';
  }

  async #person(asker: Somebody, isOut: boolean): Promise<string> {
    const { kit, optOuts } = this.#parts;
    const { network, nick, account } = asker;
    const hasAccount = account !== null && account !== '';
    if (isOut && !hasAccount && !this.#isHere(network, asker))
      return 'You are not logged in to an account and in no channel of the bridge, so it could not tell you from the next one with your nick. Log in, or ask again from such a channel.';
    const ground = await optOuts.set(network, asker, isOut);
    if (!isOut) return 'What you say is shown on Matrix again from now on.';
    inBackground(kit, this.#leaveRooms(asker));
    const until =
      ground === 'account'
        ? `as long as you are logged in as ${cleanName(account ?? '')}`
        : `while you are here as ${cleanName(nick)}; log in to an account to have it kept longer`;
    return `What you say is not shown on Matrix from now on, ${until}. optin undoes it.`;
  }

  /** Nicks without an account are somebody’s only as long as they stay. */
  changed(network: Network, channel: string, change: RosterChange): void {
    const { optOuts } = this.#parts;
    if (change.kind === 'rename') optOuts.renamed(network.id, change);
    if (change.kind === 'list') this.#listed.add(`${network.id} ${network.fold(channel)}`);
    const isTold = change.kind === 'list' && this.#allListed(network);
    if (!isTold && !(change.kind === 'leave' && !change.netsplit)) return;
    for (const subject of optOuts.nicksOf(network.id))
      if (!isAmong(this.#lists(network.id), subject, (nick) => network.fold(nick))) optOuts.forget(network.id, subject);
  }

  #allListed(network: Network): boolean {
    return this.#parts.portals
      .ofNetwork(network.id)
      .every(({ channel }) => this.#listed.has(`${network.id} ${network.fold(channel)}`));
  }

  *#lists(network: NetworkId) {
    for (const portal of this.#parts.portals.ofNetwork(network)) yield this.#parts.rosters().people(portal).values();
  }

  #isHere(network: NetworkId, { nick, origin }: Somebody): boolean {
    const fold = (name: string): string => this.#parts.kit.networks.get(network)?.fold(name) ?? name;
    const subject = subjectOf({ nick, account: null, ...(origin === undefined ? {} : { origin }) }, fold);
    return isAmong(this.#lists(network), subject, fold);
  }

  /** Who stood for them leaves, too. */
  async #leaveRooms({ network, nick, account, origin }: Somebody): Promise<void> {
    const { kit, portals, ghosts } = this.#parts;
    const fold = (name: string): string => kit.networks.get(network)?.fold(name) ?? name;
    const userId = ghosts.idOf(
      network,
      subjectOf({ nick, account, ...(origin === undefined ? {} : { origin }) }, fold),
    );
    for (const { roomId } of portals.ofNetwork(network)) {
      if (roomId === undefined) continue;
      const joined = await kit.db.transaction((sql) => kit.stores.ghost.joined(sql, roomId));
      if (joined.some((ghost) => ghost.userId === userId)) await ghosts.leave(userId, roomId, WHY);
    }
  }
}
