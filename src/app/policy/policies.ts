import type { Config } from '../../config/schema.ts';
import type { MatrixEvent } from '../../core/events.ts';
import type { NetworkId, PortalId } from '../../core/ids.ts';
import { PolicyBook } from '../../core/policy/policy-book.ts';
import { aliasOf } from '../../core/room/portal-room.ts';
import type { Audit } from '../../ports/audit.ts';
import type { RosterChange } from '../../ports/network.ts';
import type { Enforcement } from '../admission/enforcement.ts';
import type { Kit } from '../kit.ts';
import type { LaneDriver, Lanes } from '../lanes/lanes.ts';
import type { Entry, Ledger } from '../lanes/ledger.ts';
import type { Ghosts } from '../people/ghosts.ts';
import type { Portal, PortalTable } from '../rooms/portal-table.ts';
import { inBackground, within } from '../timing/background.ts';
import { Gathered } from '../timing/gathered.ts';
import type { Signal } from '../timing/signal.ts';
import { BoundedReports } from './bounded-reports.ts';
import { type FollowedList, unreadableIn } from './followed-list.ts';
import { FollowedLists } from './followed-lists.ts';
import { ShutOutBook } from './shut-out-book.ts';
import { heldPortal, ShutOuts } from './shut-outs.ts';
import { ShutSteps } from './shut-steps.ts';
import { WhoIsOut } from './who-is-out.ts';

/** At a start lines wait so long at most for the lists to be read. */
const FIRST_READING_MS = 5_000;

export type PoliciesParts = {
  readonly kit: Kit;
  readonly config: Config;
  readonly portals: PortalTable;
  readonly ledger: Ledger;
  readonly lanes: () => Lanes;
  readonly ghosts: Ghosts;
  readonly enforcement: Pick<Enforcement, 'admission' | 'reports' | 'holds'>;
  readonly audit: Audit;
  readonly isOurs: (userId: string) => boolean;
  readonly stopping: () => boolean;
  readonly nudge: Signal;
};

/** Policy lists, and whom they shut out: everything about them that the rest of the bridge knows. */
export class Policies {
  readonly out: WhoIsOut;
  readonly drive: LaneDriver;
  readonly #parts: PoliciesParts;
  readonly #book: PolicyBook;
  readonly #lists: FollowedLists;
  readonly #shutOuts: ShutOuts;
  readonly #done: ShutOutBook;
  readonly #mayAct = new Map<PortalId, boolean>();
  /** Lists of which something is new that nobody looked at yet. */
  readonly #fresh = new Set<FollowedList>();
  readonly #changes: Gathered;
  #forAll: readonly string[] = [];

  /** With what an earlier process knew. */
  static async open(parts: PoliciesParts): Promise<Policies> {
    const policies = new Policies(parts, await ShutOutBook.open(parts.kit));
    policies.#forAll = parts.config.moderation.policyLists;
    await policies.#lists.load(policies.#references());
    return policies;
  }

  private constructor(parts: PoliciesParts, done: ShutOutBook) {
    const { kit, enforcement, config } = parts;
    const { admission, holds } = enforcement;
    const say = (text: string): void => enforcement.reports.say(text);
    this.#parts = parts;
    this.#done = done;
    this.#book = new PolicyBook(kit.homeserver);
    // Rules hold as soon as they are in the book; what else follows is worked out once for many.
    this.#changes = new Gathered(
      kit.clock,
      kit.log,
      () => this.#takeChanges(),
      () => parts.portals.restMs,
    );
    this.#lists = new FollowedLists({
      ...parts,
      book: this.#book,
      onChanged: (list) => {
        this.#fresh.add(list);
        this.#changes.ask();
      },
      onProblem: (list) => this.#problem(list),
    });
    const reports = new BoundedReports(kit.clock, say);
    this.out = new WhoIsOut({
      ...parts,
      book: this.#book,
      admission,
      reports,
      hasAuthority: config.authority.source !== 'none',
      listsOf: (portal) => this.#listsOf(portal),
      nameOf: (room) => this.#lists.byRoom(room)?.name ?? room,
    });
    const steps = new ShutSteps({ ...parts, done, reports });
    this.#shutOuts = new ShutOuts({ ...parts, whoIsOut: this.out, done, steps, holds, say });
    this.drive = this.#shutOuts.drive;
    holds.onConfirmed = (resource) => {
      const portal = heldPortal(resource);
      if (portal !== undefined) this.#shutOuts.look([portal]);
    };
  }

  /**
   * Reads the lists, and lets the rest begin when each was tried once or has taken long: what was said while we were away is held against the
   * rules that were made while we were away.
   */
  start(begin: () => void): void {
    const { kit, stopping } = this.#parts;
    const read = this.#lists.begin();
    if (this.#isIdle) {
      begin();
      return;
    }
    const first = within(kit, FIRST_READING_MS, read).then(() => {
      if (stopping()) return;
      begin();
      this.#lookAtAll();
    });
    inBackground(kit, first);
  }

  stop(): void {
    this.#lists.stop();
  }

  reconfigure(config: Config): void {
    this.#forAll = config.moderation.policyLists;
    this.#lists.configure(this.#references());
    this.#lookAtAll();
  }

  /** Something happened on Matrix; part of the commit that stores it. */
  seen(entry: Entry, event: MatrixEvent): Promise<void> {
    return this.#lists.seen(entry, event);
  }

  /** Events may have been missed. */
  interrupted(): void {
    this.#lists.interrupted();
  }

  /** A portal has its room. */
  ready(portal: Portal): void {
    this.#look([portal.id]);
  }

  /** Who is in a channel changed. */
  channelChanged(portal: Portal, change: RosterChange): void {
    if (this.#isIdle || change.kind === 'leave') return;
    // A list of thousands is gone through in the background.
    const who = change.kind === 'list' ? undefined : change.kind === 'rename' ? change.to : change.member;
    if (who === undefined || this.out.isMeant(portal, who)) this.#look([portal.id]);
  }

  /** A network came up or went down, or the bot became an operator somewhere, or is none any more. */
  networkChanged(network: NetworkId): void {
    if (this.#isIdle) return;
    const { kit, portals } = this.#parts;
    const guard = kit.networks.get(network)?.guard;
    const gained = portals.ofNetwork(network).filter(({ id, channel }) => {
      const mayAct = guard?.mayAct(channel) === true;
      const before = this.#mayAct.get(id) === true;
      this.#mayAct.set(id, mayAct);
      return mayAct && !before;
    });
    this.#look(gained.map(({ id }) => id));
  }

  /** Bans that the bot set in a channel because of lists. */
  masksOf = ({ id }: Portal): readonly string[] => this.#done.masksOf(id);

  /** For status: which lists are followed, and what is wrong with them. */
  sentences(): readonly string[] {
    return this.#lists.all().map((list) => {
      const { name, roomId, problem } = list;
      if (problem !== undefined) return `The policy list ${name} cannot be read: ${problem}`;
      const rules = roomId === undefined ? undefined : this.#book.rules(roomId);
      const wrong = unreadableIn(list);
      const words = [
        `${rules?.size ?? 0} rules`,
        ...(wrong === 0 ? [] : [`${wrong} that cannot be understood`]),
        ...((rules?.leftOut ?? 0) === 0 ? [] : [`${rules?.leftOut} too many, which are not followed`]),
      ];
      return `The policy list ${name} is followed: ${words.join(', ')}.`;
    });
  }

  get #isIdle(): boolean {
    return this.#lists.all().length === 0 && this.#done.isEmpty;
  }

  #references(): string[] {
    return [...this.#forAll, ...[...this.#parts.portals.all()].flatMap(({ config }) => config.policyLists)];
  }

  /** Room ids. */
  #listsOf(portal: Portal | undefined): readonly string[] {
    return [...this.#forAll, ...(portal?.config.policyLists ?? [])].flatMap(
      (reference) => this.#lists.roomOf(reference) ?? [],
    );
  }

  #takeChanges(): void {
    const fresh = [...this.#fresh];
    this.#fresh.clear();
    for (const list of fresh) this.#changed(list);
  }

  #changed(list: FollowedList): void {
    const { roomId, name } = list;
    if (roomId === undefined) return;
    const { reports } = this.#parts.enforcement;
    const refused = this.#book.refused(roomId);
    if (refused !== undefined && !list.toldOf.has(name)) {
      list.toldOf.add(name);
      reports.say(
        `The policy list ${name} has a rule (${refused.entity}) that means this bridge itself or its whole homeserver. Such rules are not followed.`,
      );
    }
    const concerned = [...this.#parts.portals.all()].filter((portal) => this.#listsOf(portal).includes(roomId));
    for (const portal of concerned) this.#tellOfRoom(list, portal);
    this.#look(concerned.map(({ id }) => id));
  }

  /** Which rooms are linked is the configuration's to say. */
  #tellOfRoom(list: FollowedList, portal: Portal): void {
    const alias = aliasOf(portal.config.room, this.#parts.kit.homeserver.serverName);
    const rule = this.out.room(
      portal,
      [portal.roomId, alias].filter((name) => name !== undefined),
    );
    if (rule === undefined || list.toldOf.has(portal.id)) return;
    list.toldOf.add(portal.id);
    this.#parts.enforcement.reports.say(
      `The policy list ${list.name} has a rule about the room of ${portal.channel} itself. Nothing follows from it: take the link out of the configuration, if that is meant.`,
    );
  }

  #problem({ name, problem, roomId }: FollowedList): void {
    const { reports } = this.#parts.enforcement;
    const size = roomId === undefined ? 0 : (this.#book.rules(roomId)?.size ?? 0);
    reports.say(
      problem === undefined
        ? `The policy list ${name} can be read again.`
        : `The policy list ${name} cannot be read: ${problem} The ${size} rules that are known of it go on to hold.`,
    );
  }

  #lookAtAll(): void {
    if (this.#isIdle) return;
    this.#look([...[...this.#parts.portals.all()].map(({ id }) => id), ...this.#done.portals()]);
  }

  #look(portals: readonly PortalId[]): void {
    if (!this.#isIdle) this.#shutOuts.look(portals);
  }
}
