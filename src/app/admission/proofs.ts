import {
  foldAccount,
  type Handle,
  handleKey,
  parseHandleKey,
  parseSubjectKey,
  type SubjectRef,
  subjectKey,
} from '../../core/authority/member.ts';
import type { NetworkId } from '../../core/ids.ts';
import type { Audit, AuditEntry } from '../../ports/audit.ts';
import type { RosterChange } from '../../ports/network.ts';
import type { Kit } from '../kit.ts';
import type { PortalTable } from '../rooms/portal-table.ts';
import { LinkCodes } from './link-codes.ts';

/** One side of a link: a Matrix user, or somebody on a network. */
export type Side =
  | { readonly kind: 'matrix'; readonly userId: string; readonly subject: SubjectRef | undefined }
  | { readonly kind: 'network'; readonly network: NetworkId; readonly nick: string; readonly account: string | null };

export type LinkAnswer =
  /** @param relinked subjects of whom something changed */
  | { readonly ok: true; readonly text: string; readonly relinked: readonly string[] }
  | { readonly ok: false; readonly text: string };

/**
 * Proofs that an account on a network is a member's: a one-time code asked for on one side and said on the other. A nick
 * without account can be proven too, and stays proven only while its holder stays.
 */
export class Proofs {
  readonly #kit: Kit;
  readonly #audit: Audit;
  readonly #codes: LinkCodes;
  readonly #links = new Map<string, { readonly handle: Handle; readonly subject: SubjectRef }>();
  readonly #nicks = new Map<string, SubjectRef>();
  /** Nicks that are being linked, as long as nobody gave them up. */
  readonly #underWay = new Set<string>();

  readonly #portals: PortalTable;

  constructor(kit: Kit, audit: Audit, portals: PortalTable) {
    this.#kit = kit;
    this.#audit = audit;
    this.#portals = portals;
    this.#codes = new LinkCodes(kit.clock, kit.code, (network, name) => this.#fold(network, name));
  }

  async load(): Promise<void> {
    const { db, stores } = this.#kit;
    for (const row of await db.transaction((sql) => stores.identityLink.all(sql)))
      this.#links.set(row.handle, { handle: parseHandleKey(row.handle), subject: parseSubjectKey(row.subject) });
  }

  all(): ReadonlyArray<{ readonly handle: Handle; readonly subject: SubjectRef }> {
    return [...this.#links.values()];
  }

  ofNick(network: NetworkId, nick: string): SubjectRef | undefined {
    return this.#nicks.get(this.#nickKey(network, nick));
  }

  /** Whoever has a nick after it was given up is somebody else. */
  rosterChanged(network: NetworkId, change: RosterChange): void {
    const gone = change.kind === 'leave' ? change.member : change.kind === 'rename' ? change.from : undefined;
    if (gone === undefined) return;
    for (const held of [this.#nicks, this.#underWay]) held.delete(this.#nickKey(network, gone.nick));
    this.#codes.nickGone(network, gone.nick);
  }

  /** While we do not see the network, nobody can say who has a nick: whoever has it afterwards is not proven. */
  forgetNicks(network: NetworkId): void {
    for (const held of [this.#nicks, this.#underWay])
      for (const key of held.keys()) if (key.startsWith(`${network} `)) held.delete(key);
    this.#codes.nicksGone(network);
  }

  /** @returns a code to be said on the other side within ten minutes, or a sentence why there is none */
  begin(from: Side): { readonly code: string } | { readonly text: string } {
    const code = this.#codes.begin(from);
    if (code !== undefined) return { code };
    const instead =
      from.kind === 'network' && from.account === null ? ', log in to an account first, or ask for it on Matrix' : '';
    return { text: `Too many people ask for codes here at the moment. Try again in ten minutes${instead}.` };
  }

  async finish(code: string, here: Side): Promise<LinkAnswer> {
    if (!this.#codes.mayTry(here))
      return no('Too many wrong codes from here. Wait ten minutes, then ask for a new one with `!causeway link`.');
    const from = this.#codes.of(code);
    if (from === undefined)
      return no('This code is not valid, or not any more. Ask for a new one on the other side with `!causeway link`.');
    if (from.kind === here.kind)
      return no('Say the code on the other side: what is linked is an account on IRC with a Matrix user.');
    this.#codes.spend(code);
    const matrix = from.kind === 'matrix' ? from : here;
    const network = from.kind === 'network' ? from : here;
    if (matrix.kind !== 'matrix' || network.kind !== 'network') throw new Error('two sides of one kind');
    if (matrix.subject === undefined)
      return no(`${matrix.userId} is not known to the cooperative, so there is nobody to link the account with.`);
    return this.#link(matrix.userId, matrix.subject, network, this.#kit.clock.nowMs());
  }

  async #link(
    userId: string,
    subject: SubjectRef,
    side: Extract<Side, { kind: 'network' }>,
    nowMs: number,
  ): Promise<LinkAnswer> {
    const { db, stores } = this.#kit;
    const mine = subjectKey(subject);
    if (side.account === null) {
      if (!this.#isSeen(side))
        return no(
          `${side.nick} has no account, and is in no channel in which the bridge would see the nick being given up. Log in to an account, or come into one of the channels first.`,
        );
      const what = `${side.nick} on ${side.network} (no account) until they leave, by code with ${userId}`;
      const nick = this.#nickKey(side.network, side.nick);
      this.#underWay.add(nick);
      const isRecorded = await this.#audit.write([noteOf(mine, 'link', what)]);
      // Whoever left while that was written down left the nick to somebody else.
      const isThere = this.#underWay.delete(nick);
      if (!isRecorded) return no(UNRECORDED);
      if (!isThere) return no(`${side.nick} was given up meanwhile. Ask for a new code.`);
      this.#nicks.set(nick, subject);
      const text = `${side.nick} is ${userId} until the nick is given up: it has no account. Log in to an account and link that one to be known for good.`;
      return { ok: true, text, relinked: [mine] };
    }
    const handle: Handle = {
      kind: 'irc-account',
      network: side.network,
      value: foldAccount(side.account),
    };
    const key = handleKey(handle);
    const before = this.#links.get(key);
    const other = before === undefined ? mine : subjectKey(before.subject);
    const where = `${side.account} on ${side.network}`;
    // The old binding ends before the new one begins.
    const ends = other === mine ? [] : [noteOf(other, 'unlink', `${where} was proven to be somebody else's`)];
    if (!(await this.#audit.write([...ends, noteOf(mine, 'link', `${where}, by code with ${userId}`)])))
      return no(UNRECORDED);
    const relinked = [...new Set([mine, other])];
    if (other !== mine) this.#links.delete(key);
    const row = { handle: key, subject: mine, provenAtMs: nowMs, how: 'code said on both sides' };
    await db.transaction((sql) => stores.identityLink.put(sql, row));
    this.#links.set(key, { handle, subject });
    return { ok: true, text: `The account ${side.account} on ${side.network} is ${userId} from now on.`, relinked };
  }

  #isSeen({ network, nick }: Extract<Side, { kind: 'network' }>): boolean {
    const nicks = this.#kit.networks.get(network)?.nicks;
    return this.#portals.ofNetwork(network).some(({ channel }) => nicks?.isTaken(channel, nick) === true);
  }

  #fold(network: NetworkId, name: string): string {
    return this.#kit.networks.get(network)?.fold(name) ?? name.toLowerCase();
  }

  #nickKey(network: NetworkId, nick: string): string {
    return `${network} ${this.#fold(network, nick)}`;
  }
}

const noteOf = (subject: string, action: 'link' | 'unlink', why: string): AuditEntry => ({
  ...{ phase: 'note', actor: 'proof', cause: action, subject, action, resource: '', why, revision: null },
});

const UNRECORDED =
  'The record of decisions cannot be written now, so nothing was linked. Ask for a new code with `!causeway link` later.';

const no = (text: string): LinkAnswer => ({ ok: false, text });
