import { printable } from './terminal-text.ts';

/** What a running bridge answered; or why there is no answer, as a sentence with its remedy. */
export type BridgeAnswer = { readonly status: number; readonly text: string } | { readonly problem: string };

export const TIMEOUT_MS = 8000;

/** Asks the operations server of a bridge for a page. @param url without a path */
export async function askBridge(url: string, path: string): Promise<BridgeAnswer> {
  const where = `${url}${path}`;
  try {
    const response = await fetch(where, { signal: AbortSignal.timeout(TIMEOUT_MS), redirect: 'error' });
    return answerOf(where, { status: response.status, text: await response.text() });
  } catch (error) {
    return { problem: unanswered(where, error) };
  }
}

/** What was answered at an address, where the bridge did not say that it cannot. */
export const answerOf = (where: string, { status, text }: { status: number; text: string }): BridgeAnswer =>
  status === 503
    ? { problem: `Causeway answers at ${where}: ${printable(text.trim()).slice(0, 500)}` }
    : { status, text };

/** Why there is no answer. */
export function unanswered(where: string, error: unknown): string {
  const { name, message, code, cause } = error as Error & { code?: string; cause?: { code?: string } };
  return name === 'TimeoutError' || name === 'AbortError'
    ? `${where} did not answer within ${TIMEOUT_MS / 1000} s. The process is there but stuck; its log may say why.`
    : `Causeway does not answer at ${where} (${cause?.code ?? code ?? message}). Is it running? \`causeway run\` starts it; if it listens elsewhere, say where with --url.`;
}

export const somethingElse = (url: string, path: string): string =>
  `Something other than Causeway answers at ${url}${path}.`;
