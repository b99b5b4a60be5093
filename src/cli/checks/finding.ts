import type { ConfigParts } from '../../config/parts.ts';
import type { ConfigProblem, Path } from '../../config/problem.ts';

/**
 * What one try at the world outside found: something that works, something worth knowing that stops no start, or a
 * problem. The latter two stand at their place in the configuration.
 */
export type Finding =
  | { readonly topic: string; readonly good: string; readonly running?: true }
  | { readonly note: ConfigProblem }
  | { readonly problem: ConfigProblem };

export const good = (topic: string, text: string): Finding => ({ topic, good: text });

/** Something that works because Causeway itself runs already. */
export const goodRunning = (topic: string, text: string): Finding => ({ topic, good: text, running: true });

/** Makes problems at one place of the configuration. */
export const badAt =
  (parts: ConfigParts, path: Path) =>
  (text: string, remedy: string): Finding => ({ problem: parts.problemAt(path, text, remedy) });

/** Makes a remark at one place of the configuration. */
export const noteAt =
  (parts: ConfigParts, path: Path) =>
  (text: string, remedy: string): Finding => ({ note: parts.problemAt(path, text, remedy) });

/** How long one try may take. */
export const TRY_MS = 5_000;

const NET: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'the name could not be looked up',
  ETIMEDOUT: 'no answer',
  EHOSTUNREACH: 'no way there',
  ENETUNREACH: 'no way there',
  ECONNRESET: 'the connection was cut',
  ABORT_ERR: `no answer within ${TRY_MS / 1000} s`,
  UND_ERR_CONNECT_TIMEOUT: 'no answer',
  UND_ERR_SOCKET: 'the connection was cut',
};

/** An error of a socket or of fetch in words, without a full stop. */
export function netWords(error: unknown): string {
  for (let e = error as (Error & { code?: unknown }) | undefined; e !== undefined; e = e.cause as typeof e) {
    if (e.name === 'TimeoutError') return NET.ABORT_ERR ?? '';
    const inner = (e as { errors?: unknown }).errors;
    if (Array.isArray(inner) && inner.length > 0) return netWords(inner[0]);
    // Fetch asks no port that is another protocol's by custom (Fetch Standard, "port blocking").
    if (e.message === 'bad port') return 'that port is one of other services, such as IRC';
    if (typeof e.code === 'string') return NET[e.code] ?? `${e.message} (${e.code})`;
  }
  return error instanceof Error ? error.message : String(error);
}

/** Words of another program, as a message may carry them. */
export const quoteForeign = (text: string): string =>
  JSON.stringify(text.replace(/[^\x20-\x7e\u00a0-\uffff]/g, '?').slice(0, 200));
