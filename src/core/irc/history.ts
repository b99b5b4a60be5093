/**
 * Filling a gap from CHATHISTORY without losing a line. Order of arrival and order of history differ on a busy
 * server, so resuming after the last msgid loses lines (Ergo: at up to 195 of 429 places). This recipe lost none: go
 * back some seconds before the newest known line, drop what is known, page with overlap until a page brings nothing more,
 * and check that something known came back. A short page is no end: servers take out what a client cannot read, or what was
 * deleted, after they counted.
 */
export type HistoryItem = {
  /** Names the message: its msgid's key where it has one. */
  readonly key: string;
  readonly timeMs: number;
};

export type CatchUpRules = {
  /** Messages to ask for at once; the server's CHATHISTORY limit where it says one. */
  readonly pageSize: number;
  /** Whether the server said its limit: a page as long as that has more behind it, also where nothing in it is news. */
  readonly pageSizeKnown: boolean;
  /** Whether it can be asked by msgid: one that cannot may answer with something else. */
  readonly byMsgid: boolean;
  readonly overlapMs: number;
  readonly maxPages: number;
};

const DEFAULT_CATCH_UP_RULES: CatchUpRules = {
  pageSize: 100,
  pageSizeKnown: false,
  byMsgid: true,
  overlapMs: 5000,
  maxPages: 50,
};

/**
 * From 0 as the server's limit (not said) or its number to the rules.
 * @param msgRefTypes by what it can be asked; empty where it does not say
 */
export function catchUpRules(chathistoryLimit: number, msgRefTypes: readonly string[] = []): CatchUpRules {
  const byMsgid = msgRefTypes.length === 0 || msgRefTypes.includes('msgid');
  if (chathistoryLimit <= 0) return { ...DEFAULT_CATCH_UP_RULES, byMsgid };
  return { ...DEFAULT_CATCH_UP_RULES, pageSize: Math.min(chathistoryLimit, 1000), pageSizeKnown: true, byMsgid };
}

/** One catch-up of one channel, between two pages. */
export type CatchUp = {
  readonly rules: CatchUpRules;
  /** Time of the newest message known before. */
  readonly newestKnownMs: number;
  /** What the next page is asked to come after. */
  readonly anchor: HistoryAnchor;
  readonly pages: number;
  /** Keys that this catch-up has shown: pages overlap. */
  readonly seen: ReadonlySet<string>;
  /** Time of the newest line of any page. */
  readonly reachedMs: number;
  /** A message known before came back: history reaches back to where we were. */
  readonly metKnown: boolean;
  /** Of the messages given out. */
  readonly oldestMs: number;
  readonly newestMs: number;
};

export type HistoryAnchor =
  | { readonly by: 'timestamp'; readonly timeMs: number }
  /** Only where more messages share a millisecond than fit a page. */
  | { readonly by: 'msgid'; readonly msgid: string; readonly timeMs: number };

/** One answer of the server. */
export type HistoryPage<Item extends HistoryItem> = {
  /** Messages, in the server's order: no context lines, no pseudo messages of a history service. */
  readonly items: readonly Item[];
  /**
   * Times of everything that counts against the limit: of these messages and of what was left out above, but for
   * context lines.
   */
  readonly timesMs: readonly number[];
  /** The server says that nothing follows (`draft/chathistory-end`). */
  readonly atEnd: boolean;
  /** msgid of the last line, if it has one. */
  readonly lastMsgid: string | undefined;
};

export type CatchUpStep<Item extends HistoryItem> = {
  /** In the server's order. A later page may bring older ones: sort by time (stable) before giving them on. */
  readonly fresh: readonly Item[];
  readonly next:
    | { readonly kind: 'page'; readonly catchUp: CatchUp }
    | {
        readonly kind: 'end';
        /** History does not reach back to what we knew: what was said in between is gone. */
        readonly gap: { readonly fromMs: number; readonly toMs: number } | undefined;
        /** There is more, but not for us: too many pages, or no way to ask. What was said after this is missing. */
        readonly cutAtMs: number | undefined;
      };
};

/** @param fromMs where to begin, if before the newest known: of what lies between, not everything may be known */
export function startCatchUp(newestKnownMs: number, rules: CatchUpRules, fromMs = newestKnownMs): CatchUp {
  return {
    rules,
    newestKnownMs,
    anchor: { by: 'timestamp', timeMs: Math.min(fromMs, newestKnownMs) - rules.overlapMs },
    pages: 0,
    seen: new Set(),
    reachedMs: Number.NEGATIVE_INFINITY,
    metKnown: false,
    oldestMs: Number.POSITIVE_INFINITY,
    newestMs: newestKnownMs,
  };
}

/** Parameters of the CHATHISTORY line that asks for the next page. */
export function catchUpParams(channel: string, { anchor, rules }: CatchUp): readonly string[] {
  const reference =
    anchor.by === 'msgid' ? `msgid=${anchor.msgid}` : `timestamp=${new Date(Math.max(anchor.timeMs, 0)).toISOString()}`;
  return ['AFTER', channel, reference, String(rules.pageSize)];
}

/**
 * @param known whether a message of this key was stored before
 * @param nowMs where a gap ends after which there is no message
 */
export function takeHistoryPage<Item extends HistoryItem>(
  catchUp: CatchUp,
  page: HistoryPage<Item>,
  known: (key: string) => boolean,
  nowMs: number,
): CatchUpStep<Item> {
  const { rules } = catchUp;
  const seen = new Set(catchUp.seen);
  let { metKnown, oldestMs, newestMs } = catchUp;
  const fresh: Item[] = [];
  for (const item of page.items) {
    if (seen.has(item.key)) continue;
    seen.add(item.key);
    if (known(item.key)) {
      // Later ones may have been stored live, on the new connection: they prove nothing about the gap.
      metKnown ||= item.timeMs <= catchUp.newestKnownMs + rules.overlapMs;
      continue;
    }
    fresh.push(item);
    oldestMs = Math.min(oldestMs, item.timeMs);
    newestMs = Math.max(newestMs, item.timeMs);
  }
  const reachedMs = page.timesMs.reduce((latest, timeMs) => Math.max(latest, timeMs), catchUp.reachedMs);
  const isNews = seen.size > catchUp.seen.size || reachedMs > catchUp.reachedMs;
  const after: CatchUp = { ...catchUp, seen, reachedMs, metKnown, oldestMs, newestMs, pages: catchUp.pages + 1 };
  const isShort = rules.pageSizeKnown && page.timesMs.length < rules.pageSize;
  const isFull = rules.pageSizeKnown && !isShort;
  const isLast = page.atEnd || page.timesMs.length === 0 || (!isFull && !isNews);
  const anchor = isLast ? undefined : nextAnchor(catchUp.anchor, page, rules.byMsgid);
  if (anchor !== undefined && after.pages < rules.maxPages)
    return { fresh, next: { kind: 'page', catchUp: { ...after, anchor } } };
  // Behind a short page that leaves no way to ask for more there is nothing, as far as anybody can tell.
  const isWhole = isLast || (isShort && anchor === undefined);
  return { fresh, next: end(after, nowMs, isWhole ? undefined : newestMs) };
}

function end({ metKnown, newestKnownMs, oldestMs }: CatchUp, nowMs: number, cutAtMs: number | undefined) {
  const toMs = Math.max(Math.min(oldestMs, nowMs), newestKnownMs);
  return { kind: 'end', gap: metKnown ? undefined : { fromMs: newestKnownMs, toMs }, cutAtMs } as const;
}

/**
 * After the time of the page's middle message, less a millisecond: `AFTER` skips the whole millisecond it names, and
 * memory-backed history has late lines out of order. Where that is no progress, the page's end; then its last msgid;
 * undefined: no way on.
 */
function nextAnchor<Item extends HistoryItem>(
  anchor: HistoryAnchor,
  page: HistoryPage<Item>,
  byMsgid: boolean,
): HistoryAnchor | undefined {
  const times = [...page.timesMs].sort((a, b) => a - b);
  for (const timeMs of [times[Math.floor(times.length / 2)], times.at(-1)]) {
    if (timeMs !== undefined && timeMs - 1 > anchor.timeMs) return { by: 'timestamp', timeMs: timeMs - 1 };
  }
  const last = times.at(-1);
  if (last === undefined || page.lastMsgid === undefined || !byMsgid) return undefined;
  if (anchor.by === 'msgid' && anchor.msgid === page.lastMsgid) return undefined;
  return { by: 'msgid', msgid: page.lastMsgid, timeMs: anchor.timeMs };
}
