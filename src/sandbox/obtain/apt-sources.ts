/** One archive as the machine's own list names it. */
export type AptSource = {
  readonly uri: string;
  readonly suite: string;
  readonly components: readonly string[];
  /** Path of a keyring or fingerprints; undefined where the list names none, or holds the key itself. */
  readonly signedBy?: string;
};

/** Binary archives of a list in the one-line form: `deb [signed-by=…] http://… bookworm main`. */
export function parseOneLineSources(text: string): AptSource[] {
  const found: AptSource[] = [];
  for (const line of text.split('\n')) {
    const match = /^\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s*([^#]*)/.exec(line);
    if (match === null) continue;
    const signedBy = /signed-by=(\S+)/i.exec(match[1] ?? '')?.[1];
    found.push({
      uri: match[2] ?? '',
      suite: match[3] ?? '',
      components: words(match[4] ?? ''),
      ...(signedBy === undefined ? {} : { signedBy }),
    });
  }
  return found;
}

/** Binary archives of a list in the deb822 form: stanzas of `URIs:`, `Suites:`, `Components:`, `Signed-By:`. */
export function parseDeb822Sources(text: string): AptSource[] {
  const found: AptSource[] = [];
  const withoutComments = text.replace(/^#.*\n?/gm, '');
  for (const stanza of withoutComments.split(/\n\s*\n/)) {
    const fields = new Map<string, string>();
    for (const [, name, value] of stanza.matchAll(/^([\w-]+):((?:.*(?:\n[ \t].*)*))/gm)) {
      if (name !== undefined) fields.set(name.toLowerCase(), (value ?? '').trim());
    }
    if (!words(fields.get('types') ?? '').includes('deb') || fields.get('enabled')?.toLowerCase() === 'no') continue;
    const signedBy = fields.get('signed-by');
    const isPath = signedBy !== undefined && /^\/\S+$/.test(signedBy);
    for (const uri of words(fields.get('uris') ?? '')) {
      for (const suite of words(fields.get('suites') ?? '')) {
        found.push({ uri, suite, components: words(fields.get('components') ?? ''), ...(isPath ? { signedBy } : {}) });
      }
    }
  }
  return found;
}

/** Names under which a suite may stand in a list instead of its own. */
const ROLLING_NAMES = ['stable', 'oldstable', 'testing', 'unstable', 'sid'];

/**
 * Those of the machine's archives that are its distribution: suites of its code name (`bookworm`, `bookworm-security`)
 * or of a rolling name. Other people's archives for the same release do not carry what we look for.
 */
export function distributionSources(sources: readonly AptSource[], codename: string): AptSource[] {
  const names = [codename, ...ROLLING_NAMES].filter((name) => name !== '');
  return sources.filter(
    ({ uri, suite, components }) =>
      !uri.startsWith('cdrom:') &&
      components.includes('main') &&
      names.some((name) => suite === name || suite.startsWith(`${name}-`) || suite.startsWith(`${name}/`)),
  );
}

/** The archive of another suite on the mirror that carries the machine's own main suite. */
export function sameMirror(sources: readonly AptSource[], suite: string): AptSource | undefined {
  const main = sources.find((source) => !/[-/]/.test(source.suite));
  return main === undefined ? undefined : { ...main, suite, components: ['main'] };
}

/** The one-line form of an archive. */
export const formatSource = ({ uri, suite, components, signedBy }: AptSource): string =>
  `deb ${signedBy === undefined ? '' : `[signed-by=${signedBy}] `}${uri} ${suite} ${components.join(' ')}`;

const words = (text: string): string[] => text.split(/\s+/).filter((word) => word !== '');
