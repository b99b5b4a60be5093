import { cleanName } from '../../core/identity/display-name.ts';
import type { Provenance } from '../../core/identity/provenance.ts';
import type { NetworkId } from '../../core/ids.ts';
import type { RosterEntry } from '../../ports/network.ts';
import type { Asker } from '../commands/asker.ts';
import type { Kit } from '../kit.ts';
import type { Portal, PortalTable } from '../rooms/portal-table.ts';
import type { GhostMoves } from './ghost-moves.ts';
import type { Rosters } from './rosters.ts';
import type { Vouching } from './vouching.ts';

export type WhoisParts = {
  readonly kit: Kit;
  readonly portals: PortalTable;
  readonly rosters: () => Rosters;
  readonly vouching: Vouching;
  readonly moves: GhostMoves;
  readonly isOurs: (userId: string) => boolean;
};

/** People of one name in one answer. */
const MAX_FOUND = 5;
const MAX_NAME = 255;
/** Printable ASCII, as every id that exists today (Matrix appendix, historical user ids included). */
const USER_ID = /^@[\x21-\x39\x3b-\x7e]+:[A-Za-z0-9.:[\]-]+$/;

/** Rooms whose members the asker may mean by the name that the room shows. */
function roomsInSight(asker: Asker, portals: readonly Portal[]): readonly string[] {
  if (asker.kind === 'matrix') return [asker.room];
  return asker.kind === 'terminal' ? portals.flatMap(({ roomId }) => roomId ?? []) : [];
}

/** Answers `!causeway whois NAME`: who somebody is, and who vouches for it. */
export class Whois {
  readonly #parts: WhoisParts;

  constructor(parts: WhoisParts) {
    this.#parts = parts;
  }

  /** @param name a nick, a name as rooms show it, or a Matrix id; empty in a reply to what somebody said */
  async answer(asker: Asker, name: string): Promise<string> {
    const wanted = name.trim().slice(0, MAX_NAME);
    if (wanted === '') return this.#ofMessage(asker);
    if (USER_ID.test(wanted)) return this.#ofUserId(wanted);
    const portals = this.#inSight(asker);
    const found = new Set([
      ...portals.flatMap((portal) => this.#onNetwork(portal, wanted)),
      ...(await this.#onMatrix(asker, portals, wanted)),
    ]);
    if (found.size === 0)
      return `Nobody called ${cleanName(wanted)} is here now. Say \`!causeway whois\` in reply to what they said, on Matrix, to learn who vouched for it.`;
    const told = [...found].slice(0, MAX_FOUND);
    return told.length < found.size ? [...told, `There are ${found.size} of that name.`].join('\n') : told.join('\n');
  }

  /** Channels whose people the asker may mean: on Matrix that of the room, since who is in others is for admins to know. */
  #inSight(asker: Asker): Portal[] {
    const { portals } = this.#parts;
    if (asker.kind === 'terminal') return [...portals.all()];
    if (asker.kind === 'network') return portals.ofNetwork(asker.network);
    const here = portals.byRoom(asker.room);
    return here === undefined ? [] : [here];
  }

  #onNetwork(portal: Portal, wanted: string): string[] {
    const { kit, vouching } = this.#parts;
    const network = kit.networks.get(portal.network);
    const fold = (text: string): string => network?.fold(text) ?? text.toLowerCase();
    const found: string[] = [];
    for (const [userId, entry] of this.#parts.rosters().people(portal)) {
      const known = this.#parts.moves.whoIs(userId);
      const shown = known === undefined ? entry.nick : vouching.nameOf(portal.network, known.subject, entry.nick);
      if (fold(entry.nick) === fold(wanted) || shown.toLowerCase() === wanted.toLowerCase())
        found.push(this.#sentence(portal.network, entry));
    }
    return found;
  }

  async #onMatrix(asker: Asker, portals: readonly Portal[], wanted: string): Promise<string[]> {
    const { kit, isOurs } = this.#parts;
    const ids = new Set<string>();
    for (const network of new Set(portals.map((portal) => portal.network))) {
      const owner = kit.networks.get(network)?.nicks?.ownerOf(wanted);
      if (owner !== undefined) ids.add(owner);
    }
    for (const room of roomsInSight(asker, portals)) {
      const members = await kit.db.transaction((sql) => kit.stores.member.inRoom(sql, room));
      for (const { userId, displayName, membership } of members)
        if (membership === 'join' && !isOurs(userId) && displayName?.toLowerCase() === wanted.toLowerCase())
          ids.add(userId);
    }
    return [...ids].map((userId) => this.#ofMatrixUser(userId));
  }

  async #ofUserId(userId: string): Promise<string> {
    const { kit, isOurs, moves, portals } = this.#parts;
    if (userId === kit.homeserver.botId) return `${userId} is this bridge.`;
    if (!isOurs(userId)) return this.#ofMatrixUser(userId);
    for (const portal of portals.all()) {
      const entry = this.#parts.rosters().people(portal).get(userId);
      if (entry !== undefined) return this.#sentence(portal.network, entry);
    }
    const known = moves.whoIs(userId);
    if (known === undefined) return `${userId} stands for somebody on a network who is not there now.`;
    const { name, kind, origin } = known.subject;
    const entry = {
      nick: name,
      account: kind === 'account' ? name : null,
      ...(origin === undefined ? {} : { origin }),
    };
    return `${this.#sentence(known.network, entry)} They are not there now.`;
  }

  /** What was known when a message was bridged; later talk changes nothing of it. */
  async #ofMessage(asker: Asker): Promise<string> {
    if (asker.kind !== 'matrix' || asker.replyTo === undefined)
      return 'Say whom: `!causeway whois NAME`, with a nick, a name or a Matrix id.';
    const { kit } = this.#parts;
    const { replyTo, room } = asker;
    const stored = await kit.db.transaction((sql) => kit.stores.link.provenance(sql, room, replyTo));
    if (stored === undefined) return 'This did not come over the bridge, or so long ago that it is not remembered.';
    const said = JSON.parse(stored) as Provenance;
    const { nick, account, origin } = said;
    const entry = { nick, account, ...(origin === null ? {} : { origin }) };
    const signed = said.signature === 'unchecked' ? ' It came with a signature that the bridge did not check.' : '';
    const agent = said.actor === 'agent' ? ' The network says that it is a program.' : '';
    return `When this was said: ${this.#sentence(said.network as NetworkId, entry)} Assurance: ${said.assurance}.${signed}${agent}`;
  }

  #sentence(network: NetworkId, entry: RosterEntry): string {
    const { vouching } = this.#parts;
    return `${cleanName(entry.nick)} is somebody on ${cleanName(vouching.networkName(network))}. ${vouching.sentence(network, entry)}`;
  }

  #ofMatrixUser(userId: string): string {
    const { serverName } = this.#parts.kit.homeserver;
    const server = userId.slice(userId.indexOf(':') + 1);
    return server === serverName
      ? `${userId} is an account on ${serverName}, this cooperative’s own homeserver, which vouches for it.`
      : `${userId} is an account on ${server}, another homeserver, which alone vouches for it. This cooperative did not check it.`;
  }
}
