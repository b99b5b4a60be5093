/**
 * Capabilities: what the server offers, what is switched on, what we want, and how we ask for it.
 * Source: IRCv3 capability-negotiation 302.
 */
export type CapState = {
  /** Name → value (empty where it has none). */
  readonly available: ReadonlyMap<string, string>;
  readonly enabled: ReadonlySet<string>;
  /** The whole list has come: LS may take several lines. */
  readonly listed: boolean;
  /** Lines of a list that is not complete yet. */
  readonly partial: readonly string[];
};

export const NO_CAPS: CapState = { available: new Map(), enabled: new Set(), listed: false, partial: [] };

/** One CAP line of the server. */
export type CapMessage = {
  readonly subcommand: string;
  /** More lines of the same answer follow (`*`). */
  readonly more: boolean;
  /** `name`, `name=value`, `-name`. */
  readonly tokens: readonly string[];
};

const MAX_CAPS = 256;

/** @param params of a CAP line: client, subcommand, perhaps `*`, list */
export function parseCap(params: readonly string[]): CapMessage | undefined {
  const [, subcommand, ...rest] = params;
  if (subcommand === undefined) return undefined;
  const more = rest.length > 1 && rest[0] === '*';
  const list = (more ? rest.slice(1) : rest).join(' ');
  return { subcommand: subcommand.toUpperCase(), more, tokens: list.split(' ').filter((token) => token !== '') };
}

type Apply = (state: CapState, tokens: readonly string[]) => CapState;

const APPLY: ReadonlyMap<string, Apply> = new Map<string, Apply>([
  ['LS', (state, tokens) => ({ ...state, available: withCaps(new Map(), tokens), listed: true })],
  ['LIST', (state, tokens) => ({ ...state, enabled: new Set(tokens.map(capName)) })],
  ['NEW', (state, tokens) => ({ ...state, available: withCaps(state.available, tokens) })],
  ['DEL', (state, tokens) => ({ ...withoutCaps(state, tokens.map(capName)) })],
  ['ACK', (state, tokens) => ({ ...state, enabled: acknowledged(state.enabled, tokens) })],
]);

/** The state after this line; NAK and unknown subcommands change nothing. */
export function applyCap(state: CapState, { subcommand, more, tokens }: CapMessage): CapState {
  const apply = APPLY.get(subcommand);
  if (apply === undefined) return state;
  const isList = subcommand === 'LS' || subcommand === 'LIST';
  if (!isList) return apply(state, tokens);
  const all = [...state.partial, ...tokens].slice(0, MAX_CAPS);
  return more ? { ...state, partial: all } : { ...apply(state, all), partial: [] };
}

function withCaps(known: ReadonlyMap<string, string>, tokens: readonly string[]): ReadonlyMap<string, string> {
  const caps = new Map(known);
  for (const token of tokens) {
    const equals = token.indexOf('=');
    const name = equals < 0 ? token : token.slice(0, equals);
    if (caps.has(name) || caps.size < MAX_CAPS) caps.set(name, equals < 0 ? '' : token.slice(equals + 1));
  }
  return caps;
}

function withoutCaps(state: CapState, names: readonly string[]): CapState {
  const gone = new Set(names);
  return {
    ...state,
    available: new Map([...state.available].filter(([name]) => !gone.has(name))),
    enabled: new Set([...state.enabled].filter((name) => !gone.has(name))),
  };
}

function acknowledged(enabled: ReadonlySet<string>, tokens: readonly string[]): ReadonlySet<string> {
  const next = new Set(enabled);
  for (const token of tokens) {
    if (token.startsWith('-')) next.delete(capName(token));
    else if (next.size < MAX_CAPS) next.add(capName(token));
  }
  return next;
}

/** Without value, and without the marks `-`, `~` and `=` that CAP 3.1 put before names. */
const capName = (token: string): string => token.replace(/^[-~=]+/, '').replace(/=.*$/s, '');
