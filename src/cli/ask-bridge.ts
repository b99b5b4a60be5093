import { printable } from './terminal-text.ts';

/** What a running bridge answered; or why there is no answer, as a sentence with its remedy. */
export type BridgeAnswer = { readonly status: number; readonly text: string } | { readonly problem: string };

const TIMEOUT_MS = 8000;

/** Asks the operations server of a bridge. @param url without a path */
export async function askBridge(
  url: string,
  path: string,
  init: Pick<RequestInit, 'method' | 'headers' | 'body'> = {},
): Promise<BridgeAnswer> {
  const where = `${url}${path.replace(/\?.*/, '')}`;
  try {
    const response = await fetch(url + path, { ...init, signal: AbortSignal.timeout(TIMEOUT_MS), redirect: 'error' });
    const text = await response.text();
    if (response.status === 503)
      return { problem: `Causeway answers at ${where}: ${printable(text.trim()).slice(0, 500)}` };
    return { status: response.status, text };
  } catch (error) {
    const reason = error as Error & { cause?: { code?: string } };
    return {
      problem:
        reason.name === 'TimeoutError'
          ? `${where} did not answer within ${TIMEOUT_MS / 1000} s. The process is there but stuck; its log may say why.`
          : `Causeway does not answer at ${where} (${reason.cause?.code ?? reason.message}). Is it running? \`causeway run\` starts it; if it listens elsewhere, say where with --url.`,
    };
  }
}

export const somethingElse = (url: string, path: string): string =>
  `Something other than Causeway answers at ${url}${path.replace(/\?.*/, '')}.`;
