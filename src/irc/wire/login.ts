import type { Result } from '../../core/errors.ts';
import type { OutgoingLine } from '../../core/irc/encode.ts';

/** One login on one connection, in AUTHENTICATE lines. */
export interface Login {
  /** Whom we claim to be, for messages. */
  readonly account: string;
  readonly mechanism: string;
  /** Whether a success that the server reports may be believed (SCRAM: it proved that it knows the password). */
  readonly trusted: boolean;
  /** The server's clock as the login told it, milliseconds since 1970. */
  readonly serverMs?: number | undefined;
  /** @param param of one AUTHENTICATE line of the server */
  answer(param: string): Promise<Result<readonly OutgoingLine[]>>;
}
