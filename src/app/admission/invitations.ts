import type { Standing } from '../../core/authority/standing.ts';
import type { BridgeError } from '../../core/errors.ts';
import type { Audit } from '../../ports/audit.ts';
import type { Kit } from '../kit.ts';
import type { Admission } from './admission.ts';
import type { ManagedRooms } from './managed-rooms.ts';

/** Nobody is called anywhere by one of these, though they may stay where they are. */
const FROZEN: ReadonlySet<string> = new Set([
  'hibernating',
  'group-hibernating',
  'group-archived',
  'waiting',
  'stale',
  'shut',
]);

export type InvitationsParts = {
  readonly kit: Kit;
  readonly audit: Audit;
  readonly admission: () => Pick<Admission, 'standingOf' | 'subjectOf'>;
  readonly rooms: Pick<ManagedRooms, 'roomIdOf'>;
  /** Of a policy engine, where there is one. @returns why not, as a sentence */
  readonly refusal: (userId: string, resource: string) => Promise<string | undefined>;
};

export type Wish = {
  /** Who wants it, as the audit log names them. */
  readonly actor: string;
  readonly cause: string;
  readonly userId: string;
  readonly resource: string;
  readonly why: string;
};

export type Invited =
  | { readonly kind: 'invited' }
  /** `text`: a sentence for whoever wanted it. */
  | { readonly kind: 'refused' | 'unrecorded'; readonly text: string }
  | { readonly kind: 'failed'; readonly error: BridgeError };

/**
 * Invitations into kept rooms that follow from somebody's word, not from a plan: by the same gates (standing first, then the policy
 * engine), and recorded before and after.
 */
export class Invitations {
  readonly #parts: InvitationsParts;

  constructor(parts: InvitationsParts) {
    this.#parts = parts;
  }

  async invite(wish: Wish): Promise<Invited> {
    const { kit, admission, rooms, refusal } = this.#parts;
    const { userId, resource } = wish;
    const standing = admission().standingOf(userId, resource);
    const text = notNow(standing) ?? (await refusal(userId, resource));
    if (text !== undefined) {
      await this.#note(wish, 'denied', standing, text);
      return { kind: 'refused', text };
    }
    const roomId = rooms.roomIdOf(resource);
    if (roomId === undefined) return { kind: 'refused', text: 'The room is not there.' };
    if (!(await this.#note(wish, 'intent', standing, wish.why)))
      return { kind: 'unrecorded', text: 'The audit log cannot be written, so nobody is let in now.' };
    const invited = await kit.homeserver.invite(kit.homeserver.botId, roomId, userId);
    await this.#note(wish, 'outcome', standing, wish.why, invited.ok ? 'done' : invited.error.code);
    return invited.ok ? { kind: 'invited' } : { kind: 'failed', error: invited.error };
  }

  #note(
    { actor, cause, userId, resource }: Wish,
    phase: 'intent' | 'outcome' | 'denied',
    { revision }: Standing,
    why: string,
    result?: string,
  ): Promise<boolean> {
    const subject = this.#parts.admission().subjectOf(userId);
    const entry = { phase, actor, cause, subject, action: 'invite', resource, why: `${userId}: ${why}`, revision };
    return this.#parts.audit.write([result === undefined ? entry : { ...entry, result }]);
  }
}

/** Why their standing lets nobody call them now. */
const notNow = ({ membership, code, why }: Standing): string | undefined =>
  (membership === 'in' || membership === 'may') && !FROZEN.has(code) ? undefined : why;
