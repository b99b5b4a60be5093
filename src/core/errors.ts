/**
 * An expected failure as a value. `text` is a whole sentence for the person who meets it: what happened, what it
 * means, what to do next. Exceptions are for bugs; adapters turn everything that can be expected into one of these.
 */
export type BridgeError = {
  readonly code: string;
  readonly text: string;
  /** `now`: the same again at once is right. `later`: after a wait. `never`: it will not work. `lookup`: it may have worked. */
  readonly retry: 'never' | 'later' | 'now' | 'lookup';
  /** Least time to wait before the next try, where the other side said so. */
  readonly waitMs?: number;
  /** Whom it concerns. */
  readonly notify: 'room' | 'sender' | 'log';
};

export type Result<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: BridgeError };

export const ok = <T>(value: T): Result<T> => ({ ok: true, value });
export const fail = (error: BridgeError): Result<never> => ({ ok: false, error });
