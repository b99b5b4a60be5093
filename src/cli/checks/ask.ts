import { CHALLENGE_HEADER, PROOF_HEADER } from '../../config/proof.ts';
import { TRY_MS } from './finding.ts';

const MAX_BODY_BYTES = 262_144;

export type Answer = {
  readonly status: number;
  /** Of at most a quarter of a megabyte. */
  readonly text: string;
  /** What whoever was challenged proved. */
  readonly proof: string | undefined;
  /** The body, where it is a JSON object. */
  readonly json: Readonly<Record<string, unknown>> | undefined;
};

/** One HTTP request, bounded in time and size. Rejects with fetch's error where no answer comes. */
export async function ask(
  url: string,
  options: { readonly token?: string; readonly post?: object; readonly challenge?: string } = {},
): Promise<Answer> {
  const { token, post, challenge } = options;
  const response = await fetch(url, {
    method: post === undefined ? 'GET' : 'POST',
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(challenge === undefined ? {} : { [CHALLENGE_HEADER]: challenge }),
      ...(post === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(post === undefined ? {} : { body: JSON.stringify(post) }),
    redirect: 'manual',
    signal: AbortSignal.timeout(TRY_MS),
  });
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > MAX_BODY_BYTES) break;
  }
  const heard = { status: response.status, text, proof: response.headers.get(PROOF_HEADER) ?? undefined };
  try {
    const json: unknown = JSON.parse(text);
    return { ...heard, json: typeof json === 'object' && json !== null ? { ...json } : undefined };
  } catch {
    return { ...heard, json: undefined };
  }
}
