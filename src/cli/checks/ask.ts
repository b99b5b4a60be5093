import { TRY_MS } from './finding.ts';

const MAX_BODY_BYTES = 262_144;

export type Answer = {
  readonly status: number;
  /** Of at most a quarter of a megabyte. */
  readonly text: string;
  /** The body, where it is a JSON object. */
  readonly json: Readonly<Record<string, unknown>> | undefined;
};

/** One HTTP request, bounded in time and size. Rejects with fetch's error where no answer comes. */
export async function ask(
  url: string,
  options: { readonly token?: string; readonly post?: object } = {},
): Promise<Answer> {
  const { token, post } = options;
  const response = await fetch(url, {
    method: post === undefined ? 'GET' : 'POST',
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
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
  try {
    const json: unknown = JSON.parse(text);
    return { status: response.status, text, json: typeof json === 'object' && json !== null ? { ...json } : undefined };
  } catch {
    return { status: response.status, text, json: undefined };
  }
}
