import type { NetworkEvent } from '../../events.ts';

/** What becomes of a kind in one direction. */
export type Way = {
  /** Where the network has what the row names; everywhere, where it names nothing. */
  readonly able: string;
  /** Where it has not; left out where that makes no difference. */
  readonly unable?: string;
};

export type Crossing = {
  readonly what: string;
  /** Types of Matrix events that it is; empty where it is part of another, or is not stored. */
  readonly types: readonly string[];
  /** Kinds of network events that it is. */
  readonly kinds: readonly NetworkEvent['kind'][];
  /** What a network has to have for it. */
  readonly needs?: string;
  /** `null`: nothing of the kind exists on that side. */
  readonly toNetwork: Way | null;
  readonly toMatrix: Way | null;
  /** Tests that show it: file, and a part of the test's name. */
  readonly shown: readonly (readonly [file: string, name: string])[];
};
