import type { PortalId } from '../ids.ts';

/** Who of a network is meant, as its server named them when it was looked at. */
export type ShutPerson = { readonly nick: string; readonly account: string | null; readonly origin?: string };

/** What was done about one person in one channel and its room because of a policy list: exactly this is undone with the rule. */
export type ShutOut = {
  readonly portal: PortalId;
  /** The Matrix user that stands for them. */
  readonly ghost: string;
  readonly who: ShutPerson;
  /** Room in which the ghost was banned; null: in none. */
  readonly room: string | null;
  /** Reason of that ban, by which it is known again as ours. */
  readonly reason: string;
  /** Bans that the bot set in the channel. */
  readonly masks: readonly string[];
};

/** `unsure`: it cannot be known now whether the cooperative vouches for them. Then nothing is done, and nothing undone. */
export type ShutVerdict = { readonly kind: 'out'; readonly reason: string } | { readonly kind: 'free' | 'unsure' };

/** Somebody of a channel, and the Matrix user that stands for them. */
export type ShutPresent = { readonly ghost: string; readonly who: ShutPerson };

export type ShutView = {
  readonly done: readonly ShutOut[];
  /** People of the network whose ghosts are in the room or invited. */
  readonly inRoom: readonly ShutPresent[];
  /** People of the channel now. */
  readonly inChannel: readonly ShutPresent[];
  /** The bot is an operator of the channel, and is to keep it. */
  readonly mayPutOut: boolean;
  /** The bot is an operator of the channel. */
  readonly mayLift: boolean;
  readonly verdictOf: (ghost: string, who: ShutPerson) => ShutVerdict;
};

export type ShutStep =
  | { readonly kind: 'ban' | 'put-out'; readonly ghost: string; readonly who: ShutPerson; readonly reason: string }
  | { readonly kind: 'lift'; readonly done: ShutOut };

/** What follows from policy lists for the people of one channel and its room. What takes away comes before what gives. */
export function planShutOuts({
  done,
  inRoom,
  inChannel,
  mayPutOut,
  mayLift,
  verdictOf,
}: ShutView): readonly ShutStep[] {
  const meant = (
    kind: 'ban' | 'put-out',
    people: ReadonlyArray<{ readonly ghost: string; readonly who: ShutPerson }>,
  ): ShutStep[] =>
    people.flatMap(({ ghost, who }) => {
      const verdict = verdictOf(ghost, who);
      return verdict.kind === 'out' ? [{ kind, ghost, who, reason: verdict.reason }] : [];
    });
  const lifted = done.filter(
    (one) => verdictOf(one.ghost, one.who).kind === 'free' && (one.room !== null || one.masks.length === 0 || mayLift),
  );
  return [
    ...(mayPutOut ? meant('put-out', inChannel) : []),
    ...meant('ban', inRoom),
    ...lifted.map((one): ShutStep => ({ kind: 'lift', done: one })),
  ];
}

const FEW = 5;
const SHARE = 0.5;

/**
 * A rule that would put out so many at once may be a slip, or somebody else's malice: they are silenced, and the rest waits for a word.
 * @param there people of the network who are in the channel or the room
 * @returns the ghosts of those whom it is about, sorted; undefined where the plan is an ordinary one
 */
export function tooMany(steps: readonly ShutStep[], there: number): readonly string[] | undefined {
  const out = new Set(steps.flatMap((step) => (step.kind === 'lift' ? [] : [step.ghost])));
  return out.size > Math.max(FEW, there * SHARE) ? [...out].sort() : undefined;
}
