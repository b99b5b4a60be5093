import type { NetworkEvent, NetworkSource } from '../../core/events.ts';
import type { MessageKey } from '../../core/ids.ts';
import type { Heard, Network, NetworkSink, ResumePoint, RosterChange, RosterEntry } from '../../ports/network.ts';
import type { Kit } from '../kit.ts';
import type { Rosters } from '../people/rosters.ts';
import type { Signs } from '../people/signs.ts';
import type { NetworkInbox } from './network-inbox.ts';

type PuppetSeen = Parameters<NetworkSink['puppetSeen']>[0];

/** What else hears of a network. */
export type NetworkGateHears = {
  /** The link came up or went down, or what our bot may do in a channel changed. */
  readonly changed: () => void;
  readonly roster: (channel: string, change: RosterChange) => void;
  readonly asked: (source: RosterEntry, text: string) => Promise<string>;
  readonly signs: Pick<Signs, 'typing' | 'ghosts' | 'people'>;
};

/** Where one network knocks. */
export class NetworkGate implements NetworkSink {
  readonly #kit: Kit;
  readonly #network: Network;
  readonly #inbox: NetworkInbox;
  readonly #rosters: Rosters;
  readonly #on: NetworkGateHears;

  constructor(kit: Kit, network: Network, inbox: NetworkInbox, rosters: Rosters, on: NetworkGateHears) {
    this.#kit = kit;
    this.#network = network;
    this.#inbox = inbox;
    this.#rosters = rosters;
    this.#on = on;
  }

  events(events: readonly NetworkEvent[]): Promise<void> {
    for (const event of events)
      if (event.kind === 'message' && !event.own && !event.replayed) {
        if (event.privatelyTo !== undefined) this.#on.signs.ghosts.wrote(this.#network, event.source);
        else this.#on.signs.typing.spoke(this.#network, event.channel, event.source);
      }
    return this.#inbox.events(events);
  }

  async heardUntil(heard: Heard): Promise<void> {
    try {
      await this.#inbox.heardUntil(heard);
    } catch (error) {
      this.#kit.log.debug('up to when a network was heard could not be noted; it is noted again in some seconds', {
        error: String(error),
      });
    }
  }

  heardBefore(): Promise<Heard | undefined> {
    return this.#inbox.heardBefore();
  }

  resumePoint(channel: string): Promise<ResumePoint | undefined> {
    return this.#inbox.resumePoint(channel);
  }

  knownKeys(
    keys: readonly MessageKey[],
  ): Promise<{ received: ReadonlySet<MessageKey>; sent: ReadonlySet<MessageKey> }> {
    return this.#inbox.knownKeys(keys);
  }

  linkedSince(channel: string, sinceMs: number): Promise<readonly MessageKey[]> {
    return this.#inbox.linkedSince(channel, sinceMs);
  }

  roster(channel: string, change: RosterChange): void {
    this.#rosters.changed(this.#network, channel, change);
    // That somebody is away changes nothing else of them.
    if (change.kind !== 'away') this.#on.roster(channel, change);
    this.#on.signs.ghosts.changed(this.#network, channel, change);
  }

  typing(channel: string, source: NetworkSource, active: boolean): void {
    this.#on.signs.typing.heard(this.#network, channel, source, active);
  }

  asked(source: RosterEntry, text: string): Promise<string> {
    return this.#on.asked(source, text);
  }

  puppetSeen({ userId, nick, account, prefix }: PuppetSeen): void {
    const { db, stores, clock, log } = this.#kit;
    this.#on.signs.people.connected(this.#network.id, userId);
    const row = { network: this.#network.id, userId, nick, account, prefix, lastUsedMs: clock.nowMs() };
    db.transaction((sql) => stores.puppet.put(sql, row)).catch((error: unknown) =>
      log.warn('how a puppet stands could not be noted; it is noted again at its next change', {
        error: String(error),
      }),
    );
  }

  async puppetsBefore(): Promise<readonly PuppetSeen[]> {
    const { db, stores } = this.#kit;
    return db.transaction((sql) => stores.puppet.all(sql, this.#network.id));
  }

  changed(): void {
    const { metrics } = this.#kit;
    const { state, puppets } = this.#network.status();
    const network = this.#network.id;
    metrics.connected.set({ network }, state === 'up' ? 1 : 0);
    metrics.puppets.set({ network, state: 'wanted' }, puppets.wanted);
    metrics.puppets.set({ network, state: 'connected' }, puppets.connected);
    this.#on.changed();
  }
}
