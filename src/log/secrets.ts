/** What stands where a secret was. */
export const HIDDEN = '[hidden]';

/** Shorter secrets would take words out of every sentence: they are only hidden where they are the whole value. */
const MIN_LENGTH = 4;
/** A name that promises a secret: its value is hidden whatever it is. */
const SECRET_NAME = /(token|password|passwd|passphrase|secret|authorization|cookie)$/i;

/**
 * The secrets of this process, and how to take them out of a text. Besides the value itself its forms in URLs, in JSON
 * and in base64 (SASL PLAIN, basic authentication) are taken out, the last at any offset.
 */
export type Secrets = {
  /** Registers a secret; the empty text is ignored. */
  hide(secret: string): void;
  /** The text without secrets. @param name of the field, where it is one */
  redact(text: string, name?: string): string;
};

export function makeSecrets(): Secrets {
  const forms = new Set<string>();
  const short = new Set<string>();
  let pattern: RegExp | undefined;

  return {
    hide(secret) {
      if (secret === '') return;
      if (secret.length < MIN_LENGTH) short.add(secret);
      else for (const form of formsOf(secret)) forms.add(form);
      const longestFirst = [...forms].sort((a, b) => b.length - a.length);
      pattern = forms.size === 0 ? undefined : new RegExp(longestFirst.map(literally).join('|'), 'g');
    },
    redact(text, name) {
      if (short.has(text) || (name !== undefined && SECRET_NAME.test(name) && text !== '')) return HIDDEN;
      return pattern === undefined ? text : text.replace(pattern, HIDDEN);
    },
  };
}

function formsOf(secret: string): string[] {
  const forms = [secret, encodeURIComponent(secret.toWellFormed()), JSON.stringify(secret).slice(1, -1)];
  const bytes = Buffer.from(secret);
  for (const encoding of ['base64', 'base64url'] as const)
    for (const offset of [0, 1, 2]) {
      const encoded = Buffer.concat([Buffer.alloc(offset), bytes])
        .toString(encoding)
        .replace(/=+$/, '');
      // The first and last characters also carry bits of the neighbours.
      const middle = encoded.slice(offset === 0 ? 0 : offset + 1, (offset + bytes.length) % 3 === 0 ? undefined : -1);
      if (middle.length >= 8) forms.push(middle);
    }
  return forms;
}

/** The text as a pattern that matches it alone. */
const literally = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
