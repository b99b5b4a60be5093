import type { Step } from '../../core/authority/plan-members.ts';
import { sameValue } from '../../core/authority/same-value.ts';
import { type BridgeError, fail, ok, type Result } from '../../core/errors.ts';
import type { MatrixEvent } from '../../core/events.ts';
import type { ActualRoom, Content } from '../../core/room/actual-room.ts';
import { planUnlink } from '../../core/room/link-plan.ts';
import type { StateWrite } from '../../core/room/state-plan.ts';
import type { Audit, AuditEntry } from '../../ports/audit.ts';
import type { Kit } from '../kit.ts';
import { isServerList, type KeepPlan, type PowerNote } from './keep-plan.ts';

const LEVELS = 'm.room.power_levels';

export type KeepStepsParts = {
  readonly kit: Kit;
  readonly audit: Audit;
  /** What is about to be done, and may be heard of before it is answered. @returns to be called afterwards */
  readonly onBegin: (event: MatrixEvent) => () => void;
  /** What was done is told to whoever keeps account of rooms, before its event comes back. */
  readonly onDone: (event: MatrixEvent) => void;
  /** Something is left to do that trying again at once would not bring about. */
  readonly onUndone: (roomId: string) => void;
  readonly subjectOf: (userId: string) => string;
  /** A policy engine that is asked before somebody is let in, where there is one. @returns why not, or undefined */
  readonly refusal: (userId: string, resource: string) => Promise<string | undefined>;
};

export type KeepJob = {
  readonly resource: string;
  readonly roomId: string;
  readonly cause: string;
  readonly plan: KeepPlan;
  /** Whether this may still be done when its turn comes: a person may have come back meanwhile. */
  readonly stillWanted: (step: Step) => boolean;
  /** Before each: what is more urgent goes first. @returns whether it did: what is planned for no person may be wrong then */
  readonly between: () => Promise<boolean>;
};

/** Noted at once, and at once what became of it: a crash leaves no more than this open. */
const NOTED_AT_ONCE = 50;

/** It was to be done, and is not needed any more: the person came back meanwhile, or went. */
const NOT_NEEDED = 'not-needed';

type Call = {
  readonly action: string;
  readonly userId: string;
  readonly why: string;
  readonly revision: number | null;
  /** Of one that concerns several people: who each is, and why. */
  readonly notes?: readonly PowerNote[];
  readonly isGrant: boolean;
  /** What of it is done where it cannot be recorded; undefined: all, unless it is a grant. */
  readonly unrecorded?: { readonly call: Call | undefined };
  readonly run: () => Promise<Result<unknown>>;
  readonly event: Pick<MatrixEvent, 'type' | 'state_key' | 'content'>;
  readonly step?: Step;
};

/** @property isPassedOver something was left out, since it was planned before something else was done: it has to be planned anew */
export type Done = { readonly steps: number; readonly isPassedOver: boolean };

type Run = { done: number; isOvertaken: boolean; isPassedOver: boolean; again: BridgeError | undefined };

/** Carries out plans for rooms: what takes away before what gives, each noted before and after. */
export class KeepSteps {
  readonly #parts: KeepStepsParts;

  constructor(parts: KeepStepsParts) {
    this.#parts = parts;
  }

  /** @returns what was done; an error where what is left has to be tried again */
  async run(job: KeepJob): Promise<Result<Done>> {
    const run: Run = { done: 0, isOvertaken: false, isPassedOver: false, again: undefined };
    const calls = this.#calls(job);
    for (let from = 0; from < calls.length; from += NOTED_AT_ONCE)
      await this.#runNoted(job, calls.slice(from, from + NOTED_AT_ONCE), run);
    const { done: steps, isPassedOver } = run;
    return run.again === undefined ? ok({ steps, isPassedOver }) : fail(run.again);
  }

  async #runNoted(job: KeepJob, calls: readonly Call[], run: Run): Promise<void> {
    const { audit } = this.#parts;
    const isNoted = await audit.write(calls.flatMap((call) => this.#entries(job, call, 'intent')));
    const outcomes: AuditEntry[] = [];
    for (const planned of calls) {
      if (await job.between()) run.isOvertaken = true;
      const call = isNoted ? planned : unrecorded(planned);
      // What could not be recorded is not given, and is looked for again.
      if (call !== planned) this.#parts.onUndone(job.roomId);
      if (call === undefined) continue;
      const isOver = call.step === undefined ? run.isOvertaken : !job.stillWanted(call.step);
      if (isOver && call.step === undefined) run.isPassedOver = true;
      outcomes.push(...(isOver ? this.#notNeeded(job, call) : await this.#runOne(job, call, run)));
    }
    await audit.write(outcomes);
  }

  /** Every intent has its end in the record, also where nothing was left to do. */
  #notNeeded(job: KeepJob, call: Call): AuditEntry[] {
    return this.#entries(job, call, 'outcome', NOT_NEEDED);
  }

  /** One for each person whom it concerns. */
  #entries(job: KeepJob, call: Call, phase: AuditEntry['phase'], result?: string): AuditEntry[] {
    const notes = call.notes === undefined || call.notes.length === 0 ? [call] : call.notes;
    return notes.map(({ userId, why, revision }) => ({
      ...entry(job, { ...call, userId, why, revision }, phase, this.#subject({ userId })),
      ...(result === undefined ? {} : { result }),
    }));
  }

  /** @returns what became of it */
  async #runOne(job: KeepJob, call: Call, run: Run): Promise<AuditEntry[]> {
    const { kit } = this.#parts;
    const refusal = call.isGrant ? await this.#parts.refusal(call.userId, job.resource) : undefined;
    if (refusal !== undefined) return [{ ...entry(job, call, 'denied', this.#subject(call)), why: refusal }];
    const ended = this.#parts.onBegin(this.#eventOf(job, call));
    const result = await call.run();
    kit.metrics.enforced.add({ step: call.action as never, outcome: result.ok ? 'done' : 'failed' });
    if (result.ok) {
      run.done++;
      this.#parts.onDone(this.#eventOf(job, call));
    } else {
      kit.log.warn('a room could not be brought to what it should be', {
        room: job.roomId,
        action: call.action,
        why: result.error.text,
      });
      if (result.error.retry !== 'never') run.again ??= result.error;
      else if (!call.isGrant) this.#parts.onUndone(job.roomId);
    }
    ended();
    return this.#entries(job, call, 'outcome', result.ok ? 'done' : result.error.code);
  }

  /** A room that is nobody's any more does not say any longer that it stands in our Spaces. */
  async letGo(roomId: string, room: ActualRoom): Promise<void> {
    for (const { type, state_key, content } of planUnlink(room)) await this.#state(roomId, type, state_key, content);
  }

  #calls(job: KeepJob): readonly Call[] {
    const { plan } = job;
    const steps = plan.members.steps.map((step) => this.#memberCall(job, step));
    const [lists, writes] = [plan.writes.filter(isServerList), plan.writes.filter((write) => !isServerList(write))];
    return [
      // Before anybody is put out: what is still on its way from their servers does not come in behind them.
      ...lists.map((write) => this.#writeCall(job, write)),
      ...steps.filter((call) => !call.isGrant),
      ...this.#powerCall(job),
      ...writes.map((write) => this.#writeCall(job, write)),
      ...steps.filter((call) => call.isGrant),
    ];
  }

  #writeCall({ roomId }: KeepJob, { type, state_key, content, why }: StateWrite): Call {
    return {
      action: type,
      userId: '',
      why,
      revision: null,
      isGrant: false,
      run: () => this.#state(roomId, type, state_key, content),
      event: { type, state_key, content },
    };
  }

  #memberCall({ roomId }: KeepJob, step: Step): Call {
    const { homeserver } = this.#parts.kit;
    const { botId } = homeserver;
    const { userId, why } = step;
    const how = {
      invite: { to: 'invite', grant: true, run: () => homeserver.invite(botId, roomId, userId) },
      kick: { to: 'leave', grant: false, run: () => homeserver.kick(botId, roomId, userId, why) },
      withdraw: { to: 'leave', grant: false, run: () => homeserver.kick(botId, roomId, userId, why) },
      reject: { to: 'leave', grant: false, run: () => homeserver.rejectKnock(botId, roomId, userId, why) },
      ban: { to: 'ban', grant: false, run: () => homeserver.ban(botId, roomId, userId, why) },
      unban: { to: 'leave', grant: true, run: () => homeserver.unban(botId, roomId, userId, why) },
    }[step.kind];
    return {
      action: step.kind,
      userId,
      why,
      revision: step.revision,
      isGrant: how.grant,
      run: how.run,
      event: { type: 'm.room.member', state_key: userId, content: { membership: how.to } },
      step,
    };
  }

  #powerCall({ plan, roomId }: KeepJob): Call[] {
    const { powers } = plan;
    if (powers === undefined) return [];
    const { content, less, notes } = powers;
    const write = (levels: Content, whose: readonly PowerNote[]): Call => ({
      action: 'power',
      userId: '',
      why: 'Powers follow the roles that the authority names.',
      revision: null,
      notes: whose,
      isGrant: false,
      run: () => this.#state(roomId, LEVELS, '', levels),
      event: { type: LEVELS, state_key: '', content: levels },
    });
    const call = write(content, notes);
    if (less !== undefined && sameValue(less, content)) return [call];
    const losses = notes.filter(({ isRaise }) => !isRaise);
    return [{ ...call, unrecorded: { call: less === undefined ? undefined : write(less, losses) } }];
  }

  #state(room: string, type: string, stateKey: string, content: object): Promise<Result<string>> {
    const { homeserver } = this.#parts.kit;
    return homeserver.sendState(homeserver.botId, room, type, stateKey, content);
  }

  /** Before its event is known. */
  #eventOf({ roomId }: KeepJob, { event }: Call): MatrixEvent {
    const { homeserver, clock } = this.#parts.kit;
    const [sender, now] = [homeserver.botId, clock.nowMs()];
    return { ...event, event_id: '', room_id: roomId, sender, origin_server_ts: now };
  }

  #subject({ userId }: Pick<Call, 'userId'>): string {
    return userId === '' ? '' : this.#parts.subjectOf(userId);
  }
}

/** What takes away does not wait for the record; what gives does. */
function unrecorded(call: Call): Call | undefined {
  if (call.unrecorded !== undefined) return call.unrecorded.call;
  return call.isGrant ? undefined : call;
}

const entry = (job: KeepJob, call: Call, phase: AuditEntry['phase'], subject: string): AuditEntry => ({
  phase,
  actor: job.cause.startsWith('@') ? job.cause : (job.cause.split(/[@ ]/)[0] ?? job.cause),
  cause: job.cause,
  subject,
  action: call.action,
  resource: job.resource,
  why: call.userId === '' ? call.why : `${call.userId}: ${call.why}`,
  revision: call.revision,
});
