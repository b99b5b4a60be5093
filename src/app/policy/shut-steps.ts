import { ok, type Result } from '../../core/errors.ts';
import { cleanName } from '../../core/identity/display-name.ts';
import type { ShutOut, ShutStep } from '../../core/policy/plan-shut-outs.ts';
import type { Audit, AuditEntry } from '../../ports/audit.ts';
import type { Kit } from '../kit.ts';
import type { Ghosts } from '../people/ghosts.ts';
import type { Portal } from '../rooms/portal-table.ts';
import type { BoundedReports } from './bounded-reports.ts';
import type { ShutOutBook } from './shut-out-book.ts';

export type ShutStepsParts = {
  readonly kit: Kit;
  readonly done: ShutOutBook;
  readonly ghosts: Pick<Ghosts, 'leave'>;
  readonly audit: Audit;
  readonly reports: BoundedReports;
};

type Put = Extract<ShutStep, { kind: 'ban' | 'put-out' }>;

/** Bans of ours in one channel: servers hold sixty or a hundred, and operators need some. Beyond, people are put out whenever they come. */
const MAX_MASKS = 40;

/** Why an unban, or a kick from a channel, happened. */
const LIFTED = 'no policy list means them any more';

/**
 * Carries out single steps that follow from policy lists. What a step will do is on disk before it is done, so that a crash leaves nothing
 * that is not undone later; each may be repeated.
 */
export class ShutSteps {
  readonly #parts: ShutStepsParts;

  constructor(parts: ShutStepsParts) {
    this.#parts = parts;
  }

  /** @returns an error where the homeserver cannot be asked now: then the rest waits, too */
  async run(portal: Portal, step: ShutStep): Promise<Result<void>> {
    const ghost = step.kind === 'lift' ? step.done.ghost : step.ghost;
    const entry = {
      actor: 'policy',
      cause: `policy ${ghost}`,
      subject: ghost,
      action: ACTIONS[step.kind],
      resource: `channel:${portal.id}`,
      why: step.kind === 'lift' ? LIFTED : step.reason,
      revision: null,
    };
    await this.#note({ ...entry, phase: 'intent' });
    const done = await this.#carryOut(portal, step);
    await this.#note({ ...entry, phase: 'outcome', result: done.ok ? 'done' : done.error.code });
    return done;
  }

  /** The link is gone: the room is as it was, and a channel in which the bot is no more keeps its bans. */
  async letGo(before: ShutOut): Promise<Result<void>> {
    const lifted = before.room === null ? ok(undefined) : await this.#unban(before.room, before);
    if (!lifted.ok && lifted.error.retry !== 'never') return lifted;
    await this.#parts.done.put({ ...before, room: null, masks: [] });
    return ok(undefined);
  }

  #carryOut(portal: Portal, step: ShutStep): Promise<Result<void>> {
    if (step.kind === 'ban') return this.#ban(portal, step);
    return step.kind === 'lift' ? this.#lift(portal, step.done) : this.#putOut(portal, step);
  }

  async #ban(portal: Portal, { ghost, who, reason }: Put): Promise<Result<void>> {
    const { kit, done, ghosts, reports } = this.#parts;
    const { roomId } = portal;
    if (roomId === undefined) return ok(undefined);
    const { botId } = kit.homeserver;
    const before = done.of(portal.id, ghost) ?? blank(portal, { ghost, who, reason });
    await done.put({ ...before, room: roomId, reason });
    kit.failpoint('after-shut-out-noted');
    const banned = await kit.homeserver.ban(botId, roomId, ghost, reason);
    if (banned.ok || banned.error.retry !== 'never') {
      if (banned.ok)
        reports.say(
          `banned ${portal.id} ${ghost}`,
          `${nameOf(who, portal)} was banned from the room of ${portal.channel}: ${reason}.`,
        );
      return banned;
    }
    // Where the bot may ban nobody the ghost at least goes: that is in our hands.
    await done.put({ ...before, room: null });
    reports.say(
      `no ban ${portal.id}`,
      `The bot may ban nobody in the room of ${portal.channel}, so ${nameOf(who, portal)} only left it (${reason}). Give it the power to ban.`,
    );
    const left = await ghosts.leave(ghost, roomId, reason);
    return left.ok || left.error.retry === 'never' ? ok(undefined) : left;
  }

  /** Nothing that the network refuses keeps the others waiting: the next look tries again. */
  async #putOut(portal: Portal, { ghost, who, reason }: Put): Promise<Result<void>> {
    const { kit, done, reports } = this.#parts;
    const guard = kit.networks.get(portal.network)?.guard;
    if (guard === undefined) return ok(undefined);
    const mask = guard.bans?.maskOf(who);
    if (mask !== undefined && done.masksOf(portal.id).length < MAX_MASKS) {
      const before = done.of(portal.id, ghost) ?? blank(portal, { ghost, who, reason });
      const isNew = !before.masks.includes(mask);
      if (isNew) await done.put({ ...before, masks: [...before.masks, mask] });
      kit.failpoint('after-shut-out-noted');
      const added = await guard.bans?.add(portal.channel, mask);
      // Somebody had banned them before: that is theirs, and stays.
      const isOurs = added?.ok === true && added.value === 'set';
      if (isNew && !isOurs && (added?.ok !== false || added.error.retry === 'never')) await done.put(before);
      if (added?.ok === false) this.#tell(portal, added.error.text);
    }
    const kicked = await guard.kick(portal.channel, who.nick, reason);
    kit.metrics.enforced.add({ step: 'irc.kick', outcome: kicked.ok ? 'done' : 'failed' });
    if (kicked.ok)
      reports.say(
        `put out ${portal.id} ${ghost}`,
        `${nameOf(who, portal)} was put out of ${portal.channel}: ${reason}.`,
      );
    else this.#tell(portal, kicked.error.text);
    return ok(undefined);
  }

  /** Exactly what was done; a ban that somebody else has set since is theirs. */
  async #lift(portal: Portal, before: ShutOut): Promise<Result<void>> {
    const { kit, done } = this.#parts;
    const masks: string[] = [];
    for (const mask of before.masks) {
      const removed = await kit.networks.get(portal.network)?.guard?.bans?.remove(portal.channel, mask);
      if (removed?.ok === false) {
        masks.push(mask);
        this.#tell(portal, removed.error.text);
      }
    }
    await done.put({ ...before, masks });
    const lifted = before.room === null ? ok(undefined) : await this.#unban(before.room, before);
    if (!lifted.ok && lifted.error.retry !== 'never') return lifted;
    await done.put({ ...before, masks, room: null });
    return ok(undefined);
  }

  async #unban(room: string, { ghost, reason }: ShutOut): Promise<Result<void>> {
    const { homeserver } = this.#parts.kit;
    const member = await homeserver.stateContent(room, 'm.room.member', ghost);
    if (!member.ok) return member;
    if (member.value?.membership !== 'ban' || member.value.reason !== reason) return ok(undefined);
    return homeserver.unban(homeserver.botId, room, ghost, LIFTED);
  }

  #tell({ network, channel }: Portal, why: string): void {
    this.#parts.kit.log.warn('a policy list could not be carried out in a channel', { network, channel, why });
  }

  async #note(entry: AuditEntry): Promise<void> {
    await this.#parts.audit.write([entry]);
  }
}

const ACTIONS = { ban: 'ban', 'put-out': 'irc.kick', lift: 'unban' } as const;

const blank = (portal: Portal, { ghost, who, reason }: Pick<ShutOut, 'ghost' | 'who' | 'reason'>): ShutOut => ({
  ...{ portal: portal.id, ghost, who, reason },
  room: null,
  masks: [],
});

const nameOf = ({ nick }: ShutOut['who'], { network }: Portal): string => `${cleanName(nick)} (${network})`;
