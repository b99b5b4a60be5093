/** What a fault leaves undone for good, and so is not asked of the bridge. */
export type Allowances = {
  /**
   * The bridge was deaf for a while: history has neither reactions nor deletions, nobody keeps what is said in private, nor that one of ours,
   * who was not there either, was put out or invited.
   */
  readonly deaf?: boolean;
  /** The bridge or its connections broke off: nobody can tell whether a private line on its way had arrived (`inDoubt: resend`). */
  readonly cut?: boolean;
  /** The bot is an operator no longer, and only whoever has an account deletes what they said (Ergo). */
  readonly keepsDeleted?: boolean;
  /** The IRC server was gone: it forgot the topic of a channel that is nobody's, and whoever was on it heard nothing meanwhile. */
  readonly forgetful?: boolean;
};

/** The bridge, or all that connects it with IRC, ended without a word. */
export const BROKEN_OFF: Allowances = { deaf: true, cut: true, keepsDeleted: true };

/** What is wrong in the end. */
export type Undone = {
  /** What is on one side and has to be on the other, once. */
  readonly missing: string[];
  readonly doubled: string[];
  /** What was taken back and is still there. */
  readonly left: string[];
};

/** @returns what came of it; undefined where whoever did it cannot know whether it was taken */
export type Try = <T>(act: () => Promise<T>) => Promise<T | undefined>;

/** Something that somebody does when it is their turn. @param n the how-manieth turn */
export type Turn = (n: number) => Promise<unknown>;

/** What was done, by what it looks like on the other side; the same look may be there more than once. */
export class Deeds {
  readonly #done = new Map<string, { sure: number; all: number }>();

  /** @param sure whoever did it was told that it was taken */
  did(look: string, sure: boolean): void {
    const { sure: before, all } = this.#done.get(look) ?? { sure: 0, all: 0 };
    this.#done.set(look, { sure: before + (sure ? 1 : 0), all: all + 1 });
  }

  /** Compares with what is seen on the other side. */
  check(undone: Undone, seen: readonly string[], { mayMiss = false, mayDouble = false } = {}): void {
    const counts = new Map<string, number>();
    for (const one of seen) counts.set(one, (counts.get(one) ?? 0) + 1);
    for (const [look, { sure, all }] of this.#done) {
      const count = counts.get(look) ?? 0;
      if (count < sure && !mayMiss) undone.missing.push(look);
      if (count > all && !mayDouble) undone.doubled.push(look);
    }
  }
}

/** What was said and taken back; `sure`: whoever took it back was told that it was. */
export type TakenBack = { readonly look: string; readonly sure: boolean };

/** A reaction; `back`: whether it was taken back, undefined where nobody can know. */
export type Reaction = { readonly given: boolean; readonly back: boolean | undefined };

/** Reactions given on one side, by their text. */
export class Reactions {
  readonly #all = new Map<string, Reaction>();

  /** Each second one is taken back. @param take what came of giving it, to be taken back */
  async give<T>(n: number, key: string, give: Try0<T>, take: (given: T) => Promise<unknown>): Promise<void> {
    const given = await give();
    this.#all.set(key, { given: given !== undefined, back: false });
    if (given === undefined || n % 2 === 0) return;
    this.#all.set(key, { given: true, back: undefined });
    if ((await take(given)) !== undefined) this.#all.set(key, { given: true, back: true });
  }

  /** @param stateOf how it stands on the other side, and how often; nothing: it never was there */
  check(
    undone: Undone,
    stateOf: (key: string) => { readonly times: number; readonly wasThere: boolean },
    { mayMiss = false, mayStay = false } = {},
  ): void {
    for (const [key, { given, back }] of this.#all) {
      const { times, wasThere } = stateOf(key);
      if (times > 1) undone.doubled.push(key);
      if (given && back === false && !wasThere && !mayMiss) undone.missing.push(key);
      if (given && back === true && times > 0 && !mayStay) undone.left.push(key);
    }
  }
}

type Try0<T> = () => Promise<T | undefined>;
