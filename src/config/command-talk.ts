/**
 * How the command line and the bridge prove to each other that they know the registration, in headers of HTTP. Neither says anything that is of
 * use to a program that took the other's place, and what was heard once is of no use again:
 *
 *     > Authorization: Causeway hello="…"
 *     < 401, WWW-Authenticate: Causeway nonce="…", proof="…"     of hello, nonce, and where the bridge was reached
 *     > Authorization: Causeway nonce="…", proof="…"             of the nonce, which is good once and for seconds; the command
 */
export const helloHeader = (hello: string): string => `Causeway hello="${hello}"`;

export const proofHeader = (nonce: string, proof: string): string => `Causeway nonce="${nonce}", proof="${proof}"`;

/** What whoever asks made up. */
export const readHello = (header: string): string | undefined => /^Causeway hello="([\w-]{22,64})"$/.exec(header)?.[1];

export function readProof(header: string): { readonly nonce: string; readonly proof: string } | undefined {
  const [, nonce, proof] = /^Causeway nonce="([\w.-]{20,200})", proof="([\w-]{43})"$/.exec(header) ?? [];
  return nonce === undefined || proof === undefined ? undefined : { nonce, proof };
}
