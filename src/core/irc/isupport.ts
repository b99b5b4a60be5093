/**
 * What a server says about itself in 005, typed, with a default for everything: classic servers leave much out, freeq
 * sends no 005 at all, and hostile ones send bare or nonsensical values.
 * Source: modern.ircdocs.horse "RPL_ISUPPORT Parameters", IRCv3 specifications, facts seen on Ergo, InspIRCd and
 * ngIRCd.
 */
import { type Casemapping, casemappingOf } from './casemap.ts';
import { type IsupportTokens, NO_ISUPPORT } from './isupport-tokens.ts';

export type ChannelPrefix = { readonly mode: string; readonly symbol: string };

/** Letters of CHANMODES by what their parameter does. */
export type ChannelModeClasses = {
  /** A: lists (`b`, `e`, `I`): a parameter to add or remove an entry, none to ask for the list. */
  readonly list: string;
  /** B: always a parameter (`k`). */
  readonly always: string;
  /** C: a parameter only when set (`l`). */
  readonly whenSet: string;
  /** D: never one. */
  readonly flag: string;
};

/** Lengths are bytes. */
export type Isupport = {
  readonly networkName: string | undefined;
  readonly casemapping: Casemapping;
  readonly utf8Only: boolean;
  /** Names may hold more than ASCII. */
  readonly utf8Names: boolean;
  /** First characters of channel names. */
  readonly chanTypes: string;
  /** Highest rank first. */
  readonly prefixes: readonly ChannelPrefix[];
  readonly chanModes: ChannelModeClasses;
  /** Prefix symbols that may stand before a channel to reach only some of its members. */
  readonly statusMsg: string;
  readonly lineLen: number;
  readonly nickLen: number;
  /** Undefined where the server does not say: then it is known only from our own lines as others see them. */
  readonly userLen: number | undefined;
  readonly hostLen: number | undefined;
  readonly nameLen: number;
  readonly channelLen: number;
  readonly topicLen: number;
  readonly awayLen: number;
  readonly kickLen: number;
  /** Parameters in one MODE line. */
  readonly modesPerLine: number;
  /** By command; `Infinity` where the server sets no limit. Ask {@link targetsPerLine}. */
  readonly targMax: ReadonlyMap<string, number>;
  /** Messages in one CHATHISTORY answer; 0 where the server does not say. */
  readonly chathistoryLimit: number;
  readonly msgRefTypes: readonly string[];
  /** Nicks that MONITOR takes; 0 without MONITOR. */
  readonly monitorLimit: number;
  readonly whox: boolean;
  /** User mode of bots, where there is one. */
  readonly botMode: string | undefined;
  /** Letter of the list of exceptions from invite-only (`I`), where there is one. */
  readonly inviteExceptions: string | undefined;
  /** How masks that are no address begin, and the letters of their kinds (EXTBAN). */
  readonly extban: { readonly prefix: string; readonly kinds: string } | undefined;
  /** Name of the kind of mask that means an account (ACCOUNTEXTBAN), where the server says it. */
  readonly accountExtban: string | undefined;
  /** Entries that lists of a channel may hold: `{letters: 'beI', most: 100}` means 100 together. */
  readonly listLimits: ReadonlyArray<{ readonly letters: string; readonly most: number }>;
  /** Client tags the server drops; ask {@link clientTagPasses}. */
  readonly clientTagDeny: readonly string[];
};

/** Defaults are what modern.ircdocs.horse gives for an absent token, or what every server seen takes. */
const DEFAULT_PREFIX = '(ov)@+';
const DEFAULT_CHANMODES = 'beI,k,l,imnpstrR';
/** RFC 1459 promises 9; servers that say nothing today (freeq) take 64, and an old one cuts, which 001 then shows. */
const DEFAULT_NICK_LEN = 30;
/** MODE, target and mode letters leave thirteen of a line's fifteen parameters. */
const MAX_MODE_PARAMS = 13;

export function readIsupport(tokens: IsupportTokens): Isupport {
  const utf8Mapping = tokens.get('UTF8MAPPING');
  const casemapping = casemappingOf(tokens.get('CASEMAPPING'), utf8Mapping);
  const prefixes = readPrefixes(tokens.get('PREFIX'));
  return {
    networkName: tokens.get('NETWORK') || undefined,
    casemapping,
    utf8Only: tokens.has('UTF8ONLY'),
    utf8Names: casemapping === 'rfc8265',
    chanTypes: tokens.get('CHANTYPES') ?? '#&',
    prefixes,
    chanModes: readChanModes(tokens.get('CHANMODES') || DEFAULT_CHANMODES),
    statusMsg: [...(tokens.get('STATUSMSG') ?? '')]
      .filter((char) => prefixes.some(({ symbol }) => symbol === char))
      .join(''),
    lineLen: readLength(tokens, 'LINELEN', 512, 512, 65_536),
    nickLen: readLength(tokens, 'NICKLEN', readLength(tokens, 'MAXNICKLEN', DEFAULT_NICK_LEN)),
    userLen: readOptionalLength(tokens, 'USERLEN'),
    hostLen: readOptionalLength(tokens, 'HOSTLEN'),
    nameLen: readLength(tokens, 'NAMELEN', 128),
    channelLen: readLength(tokens, 'CHANNELLEN', 50),
    topicLen: readLength(tokens, 'TOPICLEN', 307),
    awayLen: readLength(tokens, 'AWAYLEN', 160),
    kickLen: readLength(tokens, 'KICKLEN', 180),
    modesPerLine: readModesPerLine(tokens),
    targMax: readTargMax(tokens.get('TARGMAX')),
    chathistoryLimit: readCount(tokens.get('CHATHISTORY') ?? tokens.get('DRAFT/CHATHISTORY')) ?? 0,
    msgRefTypes: (tokens.get('MSGREFTYPES') ?? '').split(',').filter((type) => type !== ''),
    monitorLimit: tokens.has('MONITOR') ? (readCount(tokens.get('MONITOR')) ?? Number.POSITIVE_INFINITY) : 0,
    whox: tokens.has('WHOX'),
    botMode: /^[A-Za-z]$/.exec(tokens.get('BOT') ?? '')?.[0],
    inviteExceptions: tokens.has('INVEX') ? /^[A-Za-z]$/.exec(tokens.get('INVEX') || 'I')?.[0] : undefined,
    extban: readExtban(tokens.get('EXTBAN')),
    accountExtban: /^[A-Za-z]{1,20}/.exec(tokens.get('ACCOUNTEXTBAN') ?? '')?.[0],
    listLimits: readListLimits(tokens.get('MAXLIST')),
    clientTagDeny: (tokens.get('CLIENTTAGDENY') ?? '').split(',').filter((tag) => tag !== ''),
  };
}

/** For a server that has not sent 005, or never does. */
export const DEFAULT_ISUPPORT: Isupport = readIsupport(NO_ISUPPORT);

export const isChannelName = (name: string, isupport: Isupport): boolean =>
  name !== '' && isupport.chanTypes.includes(name.charAt(0));

/** A message target taken apart: `@#c` is channel `#c` for its operators only. */
export function parseTarget(target: string, isupport: Isupport): { readonly status: string; readonly name: string } {
  let at = 0;
  while (at < target.length && isupport.statusMsg.includes(target.charAt(at))) at++;
  const name = target.slice(at);
  // On ngIRCd `+` is a channel type and a prefix: only what still names a channel without it was a prefix.
  return at > 0 && isChannelName(name, isupport) ? { status: target.slice(0, at), name } : { status: '', name: target };
}

/**
 * How many targets one line of this command may name. JOIN and PART take lists since RFC 1459, so they are limited only
 * where TARGMAX says so; everything else takes one unless TARGMAX names it.
 */
export function targetsPerLine(command: string, isupport: Isupport): number {
  return isupport.targMax.get(command) ?? (command === 'JOIN' || command === 'PART' ? Number.POSITIVE_INFINITY : 1);
}

/** Whether the server relays this client tag (`+typing`, with its plus). `*,-typing` denies all but typing. */
export function clientTagPasses(tag: string, isupport: Isupport): boolean {
  const name = tag.replace(/^\+/, '');
  const { clientTagDeny } = isupport;
  return clientTagDeny.includes('*') ? clientTagDeny.includes(`-${name}`) : !clientTagDeny.includes(name);
}

/** `(ov)@+`; an empty value means that the server has no prefixes. */
function readPrefixes(value: string | undefined): readonly ChannelPrefix[] {
  if (value === '') return [];
  const match = /^\(([A-Za-z]*)\)(.*)$/su.exec(value ?? DEFAULT_PREFIX);
  if (match === null) return readPrefixes(undefined);
  const symbols = [...(match[2] ?? '')];
  return [...(match[1] ?? '')].flatMap((mode, index) => {
    const symbol = symbols[index];
    return symbol === undefined ? [] : [{ mode, symbol }];
  });
}

function readChanModes(value: string): ChannelModeClasses {
  const [list = '', always = '', whenSet = '', flag = ''] = value.split(',');
  return { list, always, whenSet, flag };
}

/** A bare MODES means no limit but the line's own. */
function readModesPerLine(tokens: IsupportTokens): number {
  if (!tokens.has('MODES')) return 3;
  return Math.min(readCount(tokens.get('MODES')) || MAX_MODE_PARAMS, MAX_MODE_PARAMS);
}

/** `PRIVMSG:4,KICK:`. */
function readTargMax(value: string | undefined): ReadonlyMap<string, number> {
  const limits = new Map<string, number>();
  for (const item of (value ?? '').split(',')) {
    const colon = item.indexOf(':');
    if (colon > 0)
      limits.set(item.slice(0, colon).toUpperCase(), readCount(item.slice(colon + 1)) || Number.POSITIVE_INFINITY);
  }
  return limits;
}

/** `$,ajrxz`; without a prefix `,CRUm`. */
function readExtban(value: string | undefined): Isupport['extban'] {
  const match = /^([^,A-Za-z0-9]?),([A-Za-z]{1,60})$/.exec(value ?? '');
  return match === null ? undefined : { prefix: match[1] ?? '', kinds: match[2] ?? '' };
}

/** `beI:100` or `b:60,e:60`. */
function readListLimits(value: string | undefined): Isupport['listLimits'] {
  return (value ?? '').split(',').flatMap((item) => {
    const match = /^([A-Za-z]{1,60}):([0-9]{1,9})$/.exec(item);
    return match === null ? [] : [{ letters: match[1] ?? '', most: Number(match[2]) }];
  });
}

function readLength(tokens: IsupportTokens, name: string, fallback: number, min = 1, max = 8192): number {
  const length = readCount(tokens.get(name));
  return length === undefined || length < min ? fallback : Math.min(length, max);
}

function readOptionalLength(tokens: IsupportTokens, name: string): number | undefined {
  return readLength(tokens, name, 0) || undefined;
}

function readCount(value: string | undefined): number | undefined {
  return /^[0-9]{1,9}$/.test(value ?? '') ? Number(value) : undefined;
}
