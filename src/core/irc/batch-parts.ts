/** What batches are made of and what they become; see batch.ts for how they are put together. */
import type { IrcLine, Source } from './line.ts';

/** The opening line of a batch. */
export type BatchInfo = {
  /** `chathistory`, `netsplit`, … */
  readonly type: string;
  readonly params: readonly string[];
  /** For a labelled answer `label` is among them. */
  readonly tags: ReadonlyMap<string, string>;
  readonly source: Source | undefined;
};

export type Assembled =
  /**
   * One line; `batch` is the innermost batch that it belongs to: `netsplit` around a QUIT, `chathistory` around an
   * old message.
   */
  | { readonly kind: 'line'; readonly line: IrcLine; readonly batch: BatchInfo | undefined }
  /**
   * One `draft/multiline` message. `line` is its PRIVMSG or NOTICE with the opener's tags (msgid, account, time,
   * label, reply) and the whole text in its last parameter; `lines` is that text line by line.
   */
  | {
      readonly kind: 'multiline';
      readonly line: IrcLine;
      readonly lines: readonly string[];
      readonly batch: BatchInfo | undefined;
      readonly complete: boolean;
    }
  /**
   * An answer that only counts as a whole. `complete` false: cut off, too long, or given up; the rest may still come
   * as lines.
   */
  | {
      readonly kind: 'batch';
      readonly batch: BatchInfo;
      readonly items: readonly Assembled[];
      readonly complete: boolean;
    };

/**
 * `collect`: given out whole when closed. `multiline`: its lines become one. `stream`: members pass at once, and know
 * their batch.
 */
export type BatchKind = 'collect' | 'multiline' | 'stream';

const KINDS: ReadonlyMap<string, BatchKind> = new Map([
  ['chathistory', 'collect'],
  ['draft/chathistory', 'collect'],
  ['draft/chathistory-targets', 'collect'],
  ['chathistory-targets', 'collect'],
  ['labeled-response', 'collect'],
  ['draft/labeled-response', 'collect'],
  ['draft/multiline', 'multiline'],
  ['multiline', 'multiline'],
]);

/** netsplit, netjoin, metadata and all that is unknown stream: nobody waits for their end. */
export const batchKind = (type: string): BatchKind => KINDS.get(type) ?? 'stream';

/** A batch between its opening and its closing line. */
export type OpenBatch = {
  readonly info: BatchInfo;
  readonly kind: BatchKind;
  /** `streaming`: holds nothing (any more), members pass. */
  state: 'holding' | 'streaming';
  readonly parent: OpenBatch | undefined;
  readonly depth: number;
  /** Of a collecting batch. */
  readonly items: Assembled[];
  /** Of a multiline batch. */
  readonly lines: IrcLine[];
  /** Of an outermost batch: all that came in it and in those inside. */
  heldLines: number;
  heldChars: number;
  lastMs: number;
};

/**
 * Whether a line may be part of a multiline message: one command, one target, one sender. A member that differs is
 * delivered on its own, so that nothing said elsewhere or by somebody else gets into it.
 */
export function belongsTogether(lines: readonly IrcLine[], info: BatchInfo, line: IrcLine): boolean {
  if (line.command !== 'PRIVMSG' && line.command !== 'NOTICE') return false;
  if (line.params.length < 2 || line.params[0] !== info.params[0]) return false;
  const [first] = lines;
  const source = info.source ?? first?.source;
  return (
    (first === undefined || first.command === line.command) &&
    (!source || !line.source || source.nick === line.source.nick)
  );
}

/** Joins with line feeds, except where a line says that it goes on the one before. */
export function joinMultiline(
  info: BatchInfo,
  members: readonly IrcLine[],
  around: BatchInfo | undefined,
  complete: boolean,
): Assembled {
  const lines: string[] = [];
  for (const { tags, params } of members) {
    const text = params[1] ?? '';
    const before = lines.at(-1);
    if (before !== undefined && tags.has('draft/multiline-concat')) lines[lines.length - 1] = before + text;
    else lines.push(text);
  }
  const [first] = members;
  const tags = new Map([...(first?.tags ?? []), ...info.tags]);
  tags.delete('draft/multiline-concat');
  // The opener's own `batch` names the batch around; a member's names this one, which no longer exists.
  if (!info.tags.has('batch')) tags.delete('batch');
  const line: IrcLine = {
    tags,
    source: info.source ?? first?.source,
    command: first?.command ?? 'PRIVMSG',
    params: [info.params[0] ?? '', lines.join('\n')],
  };
  return { kind: 'multiline', line, lines, batch: around, complete };
}

/**
 * A line that comes after its multiline message had to be given out: by the same sender, but a message of its own, since
 * the first part has the msgid and answers the label.
 */
export function restOfMultiline(info: BatchInfo, member: IrcLine, around: BatchInfo | undefined): Assembled {
  const tags = new Map(info.tags);
  tags.delete('msgid');
  tags.delete('label');
  return joinMultiline({ ...info, tags }, [member], around, false);
}

/** The messages of a batch and of the batches in it, in order. */
export function messagesOf(item: Assembled): ReadonlyArray<Exclude<Assembled, { kind: 'batch' }>> {
  return item.kind === 'batch' ? item.items.flatMap(messagesOf) : [item];
}
