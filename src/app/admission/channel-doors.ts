import type { Resource } from '../../core/authority/access.ts';
import type { Lookup, Member } from '../../core/authority/member.ts';
import type { Standing } from '../../core/authority/standing.ts';
import { type Assurance, reaches } from '../../core/identity/assurance.ts';
import type { NetworkId } from '../../core/ids.ts';
import type { Audit } from '../../ports/audit.ts';
import type { ChannelGuard, RosterEntry } from '../../ports/network.ts';
import type { Kit } from '../kit.ts';
import type { Portal, PortalTable } from '../rooms/portal-table.ts';
import type { Admission } from './admission.ts';
import { DoorAccounts, STAYS } from './door-accounts.ts';
import type { Holds } from './holds.ts';
import type { Reports } from './reports.ts';

export type ChannelDoorsParts = {
  readonly kit: Kit;
  readonly portals: PortalTable;
  readonly admission: Admission;
  readonly audit: Audit;
  readonly holds: Holds;
  readonly reports: Reports;
  readonly mode: () => 'observe' | 'enforce';
  /** Resolves when no person has to leave rooms any more: lists for newcomers wait for that, for a while. */
  readonly calm: () => Promise<void>;
  readonly assuranceOf: (network: NetworkId, entry: RosterEntry) => Assurance;
  /** Bans that the bot set in the channel for another reason. */
  readonly otherBans: (portal: Portal) => readonly string[];
};

type Present = { readonly entry: RosterEntry; readonly person: Lookup<Member>; readonly standing: Standing };

const FEW = 5;
const SHARE = 0.1;

/**
 * Keeps channels as the authority says where our bot is an operator: who may come in, who is put out, who has which
 * status. Where it is none, the gate for lines is all there is.
 */
export class ChannelDoors {
  readonly #parts: ChannelDoorsParts;
  readonly #accounts: DoorAccounts;
  readonly #mayAct = new Map<string, boolean>();
  /** Channels whose door is being set, and whether it has to be set once more. */
  readonly #underWay = new Map<string, { again: boolean }>();
  /** What was last said of each channel: a server's limits do not change by being told of again. */
  readonly #told = new Map<string, string>();

  constructor(parts: ChannelDoorsParts) {
    this.#parts = parts;
    this.#accounts = new DoorAccounts(parts.kit, parts.admission);
  }

  /** Something is known of people that was not. */
  changed(): void {
    this.#accounts.forget();
  }

  /** Channels of a network in which our bot may do more or less than when this was asked before. */
  powerChanged(network: NetworkId): Portal[] {
    const { kit, portals } = this.#parts;
    const guard = kit.networks.get(network)?.guard;
    return portals.ofNetwork(network).filter((portal) => {
      const mayAct = guard?.mayAct(portal.channel) ?? false;
      const before = this.#mayAct.get(portal.id) ?? false;
      this.#mayAct.set(portal.id, mayAct);
      return mayAct !== before;
    });
  }

  /**
   * Brings a channel to what it should be, as far as the bot may; running it twice changes nothing. Resolves when whoever
   * has to is out. Reading and writing who may come in takes seconds where the list is long: that goes on by itself, after the rooms.
   */
  async keep(resource: Resource, cause: string): Promise<void> {
    const portal = this.#parts.portals.get(resource.id.slice('channel:'.length) as Portal['id']);
    if (portal?.roomId === undefined || !portal.config.guard || this.#parts.mode() === 'observe') return;
    const guard = this.#parts.kit.networks.get(portal.network)?.guard;
    if (guard === undefined || !guard.mayAct(portal.channel)) return;
    const present = this.#present(portal, resource, guard);
    const out =
      resource.require === 'none'
        ? present.filter(isBanned)
        : present.filter(({ standing }) => !STAYS.has(standing.membership));
    if (out.length > 0 && (await this.#mayPutOut(resource, out, present.length)))
      await this.#putOut(portal, resource, guard, out, cause);
    const running = this.#underWay.get(resource.id);
    if (running !== undefined) {
      running.again = true;
      return;
    }
    this.#setDoors(portal, resource.id).catch((error: unknown) =>
      this.#parts.kit.log.warn('a bug: the door of a channel was not set', {
        channel: portal.channel,
        error: String(error),
      }),
    );
  }

  /** The door and everybody's status, again as long as something changed meanwhile: twice for any number of changes. */
  async #setDoors(portal: Portal, id: string): Promise<void> {
    const run = { again: true };
    this.#underWay.set(id, run);
    try {
      while (run.again) {
        await this.#parts.calm();
        run.again = false;
        const guard = this.#parts.kit.networks.get(portal.network)?.guard;
        const resource = this.#parts.admission.resourceOf(portal);
        if (guard === undefined || resource === undefined || !guard.mayAct(portal.channel)) return;
        await this.#setDoor(portal, resource, guard);
      }
    } finally {
      this.#underWay.delete(id);
    }
  }

  async #setDoor(portal: Portal, resource: Resource, guard: ChannelGuard): Promise<void> {
    const door = {
      ...(await this.#accounts.of(portal.network, resource)),
      otherBans: () => this.#parts.otherBans(portal),
    };
    this.#log(portal, await guard.setDoor(portal.channel, door));
    for (const { entry, person, standing } of this.#present(portal, resource, guard)) {
      const status = wantedStatus(resource, person, standing);
      const stays = STAYS.has(standing.membership);
      const voice = stays && status !== 'o' ? this.#voice(portal, entry) : undefined;
      if (voice !== undefined) this.#log(portal, await guard.setVoice(portal.channel, entry.nick, voice));
      else if (status !== undefined && stays) await this.#setStatus(portal, guard, { entry, standing, status });
    }
  }

  /** What is given is recorded before and after, and is not where it cannot be; what is taken waits for nothing. */
  async #setStatus(
    portal: Portal,
    guard: ChannelGuard,
    { entry: { nick, account }, standing, status }: Omit<Present, 'person'> & { readonly status: '' | 'v' | 'o' },
  ): Promise<void> {
    const { audit } = this.#parts;
    const record = {
      ...{ actor: 'reconcile', cause: 'door', action: status === 'o' ? 'irc.op' : 'irc.voice' },
      ...{ subject: `irc-account ${portal.network} ${account ?? nick}`, resource: `channel:${portal.id}` },
      ...{ why: standing.why, revision: standing.revision },
    };
    let isGiven = false;
    const given = await guard.setStatus(portal.channel, nick, status, async () => {
      isGiven = await audit.write([{ ...record, phase: 'intent' }]);
      return isGiven;
    });
    this.#log(portal, given);
    const result = given.ok ? 'done' : given.error.code;
    if (isGiven) await audit.write([{ ...record, phase: 'outcome', result }]);
  }

  /** Whether somebody shall have voice by who vouches for them; undefined where that is not asked. */
  #voice({ network, config }: Portal, entry: RosterEntry): boolean | undefined {
    const { voice } = config.assurance;
    return voice === 'none' ? undefined : reaches(this.#parts.assuranceOf(network, entry), voice);
  }

  #present(portal: Portal, resource: Resource, guard: ChannelGuard): Present[] {
    const { admission } = this.#parts;
    return guard.members(portal.channel).map((entry) => {
      const person = admission.networkUser(portal.network, entry);
      return { entry, person, standing: admission.standingFor(person, resource) };
    });
  }

  async #mayPutOut(resource: Resource, out: readonly Present[], present: number): Promise<boolean> {
    const { holds, reports, kit } = this.#parts;
    if (out.length <= Math.max(FEW, present * SHARE)) return true;
    const removes = out.map(({ entry }) => entry.nick).sort();
    const hash = kit.digest(`${resource.id} door\n${removes.join('\n')}`).slice(0, 12);
    const door = `${resource.id}#door`;
    if (holds.isConfirmed(door, hash)) {
      await holds.release(door);
      return true;
    }
    const why = `${out.length} of ${present} people of ${resource.label} would be put out of the channel at once.`;
    if (await holds.hold({ hash, resource: door, why, removes }))
      reports.say(
        `${why} Nobody is before somebody says \`!causeway confirm ${hash}\` here: ${removes.slice(0, 30).join(', ')}`,
      );
    return false;
  }

  async #putOut(
    portal: Portal,
    resource: Resource,
    guard: ChannelGuard,
    out: readonly Present[],
    cause: string,
  ): Promise<void> {
    const { audit, kit } = this.#parts;
    const entries = out.map(({ entry, standing }) => ({
      actor: 'reconcile',
      cause,
      subject: `irc-account ${portal.network} ${entry.account ?? entry.nick}`,
      action: 'irc.kick',
      resource: resource.id,
      why: standing.why,
      revision: standing.revision,
    }));
    await audit.write(entries.map((entry) => ({ ...entry, phase: 'intent' as const })));
    const results: string[] = [];
    for (const { entry, standing } of out) {
      const kicked = await guard.kick(portal.channel, entry.nick, standing.why);
      this.#log(portal, kicked);
      kit.metrics.enforced.add({ step: 'irc.kick', outcome: kicked.ok ? 'done' : 'failed' });
      results.push(kicked.ok ? 'done' : kicked.error.code);
    }
    await audit.write(
      entries.map((entry, at) => ({ ...entry, phase: 'outcome' as const, result: results[at] ?? 'unknown' })),
    );
  }

  #log(portal: Portal, result: Awaited<ReturnType<ChannelGuard['setDoor']>>): void {
    const { network, channel, id } = portal;
    if (result.ok || this.#told.get(id) === result.error.text) return;
    this.#told.set(id, result.error.text);
    this.#parts.kit.log.warn('a channel could not be brought to what it should be', {
      network,
      channel,
      why: result.error.text,
    });
  }
}

/**
 * Undefined: not ours to say. In open channels people may have given each other what they like; there only what a role
 * gives is added.
 */
function wantedStatus(
  resource: Resource,
  person: Lookup<Member>,
  { membership, ircStatus }: Standing,
): '' | 'v' | 'o' | undefined {
  if (person.kind !== 'found' || membership === 'unchanged') return undefined;
  return resource.require === 'none' && ircStatus !== 'o' ? undefined : ircStatus;
}

const isBanned = ({ standing }: Present): boolean => standing.membership === 'banned';
