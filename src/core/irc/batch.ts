/**
 * Puts IRCv3 batches together. Lines come in as the server sends them, batches interleaved and nested; complete logical
 * messages come out. Whatever happens to a batch (never closed, too long, too deep), its messages come out.
 * Source: IRCv3 batch, chathistory, labeled-response, draft/multiline.
 */
import {
  type Assembled,
  type BatchInfo,
  batchKind,
  belongsTogether,
  joinMultiline,
  type OpenBatch,
  restOfMultiline,
} from './batch-parts.ts';
import type { IrcLine } from './line.ts';

export type BatchLimits = {
  readonly maxOpen: number;
  /** Batches within batches; members of deeper ones belong to the batch around. */
  readonly maxDepth: number;
  /** Held lines and characters of one outermost batch; beyond, it is given out incomplete and the rest streamed. */
  readonly maxLines: number;
  readonly maxChars: number;
  /** Longest silence within an open batch. */
  readonly maxSilentMs: number;
};

/**
 * History pages are up to 1,000 messages, each perhaps of many lines; an answer to NAMES or WHO may have thousands of
 * lines.
 */
export const DEFAULT_BATCH_LIMITS: BatchLimits = {
  maxOpen: 64,
  maxDepth: 8,
  maxLines: 50_000,
  maxChars: 16_000_000,
  maxSilentMs: 60_000,
};

export class BatchAssembler {
  readonly #limits: BatchLimits;
  /** By reference tag, in order of opening. */
  readonly #open = new Map<string, OpenBatch>();

  constructor(limits: BatchLimits = DEFAULT_BATCH_LIMITS) {
    this.#limits = limits;
  }

  get openBatches(): number {
    return this.#open.size;
  }

  /** @returns what this line completes, in order; a line outside batches comes back as it is */
  push(line: IrcLine, nowMs: number): readonly Assembled[] {
    const out = this.expire(nowMs);
    const sign = line.command === 'BATCH' ? line.params[0]?.charAt(0) : undefined;
    const ref = line.params[0]?.slice(1) ?? '';
    if (sign === '+') this.#openBatch(ref, line, nowMs, out);
    else if (sign === '-') this.#closeRef(ref, out);
    else this.#member(line, nowMs, out);
    return out;
  }

  /** Gives out batches in which nothing has come for too long. Call it now and then while no lines come. */
  expire(nowMs: number): Assembled[] {
    const out: Assembled[] = [];
    for (const batch of this.#open.values()) {
      if (nowMs - batch.lastMs > this.#limits.maxSilentMs && batch.state !== 'streaming') this.#spill(batch, out);
    }
    return out;
  }

  /** Gives out everything held: the connection is gone, and no batch will be closed. */
  flush(): readonly Assembled[] {
    const out: Assembled[] = [];
    for (const ref of [...this.#open.keys()]) this.#closeRef(ref, out, false);
    return out;
  }

  #openBatch(ref: string, line: IrcLine, nowMs: number, out: Assembled[]): void {
    this.#closeRef(ref, out, false);
    const tooMany = Math.max(this.#open.size - this.#limits.maxOpen + 1, 0);
    for (const oldest of [...this.#open.keys()].slice(0, tooMany)) this.#closeRef(oldest, out, false);
    const parent = this.#open.get(line.tags.get('batch') ?? '');
    const depth = (parent?.depth ?? 0) + 1;
    const info: BatchInfo = {
      type: line.params[1] ?? '',
      params: line.params.slice(2),
      tags: line.tags,
      source: line.source,
    };
    const kind = depth > this.#limits.maxDepth ? 'stream' : batchKind(info.type);
    const state = kind === 'stream' ? 'streaming' : 'holding';
    this.#open.set(ref, {
      info,
      kind,
      state,
      parent,
      depth,
      items: [],
      lines: [],
      heldLines: 0,
      heldChars: 0,
      lastMs: nowMs,
    });
    this.#touch(parent, nowMs);
  }

  #member(line: IrcLine, nowMs: number, out: Assembled[]): void {
    const batch = this.#open.get(line.tags.get('batch') ?? '');
    if (batch === undefined) {
      out.push({ kind: 'line', line, batch: undefined });
      return;
    }
    this.#touch(batch, nowMs);
    const isPart = batch.kind === 'multiline' && belongsTogether(batch.lines, batch.info, line);
    if (!isPart) this.#deliver({ kind: 'line', line, batch: batch.info }, batch, out);
    else if (batch.state === 'holding') batch.lines.push(line);
    else this.#deliver(restOfMultiline(batch.info, line, batch.parent?.info), batch, out);
    this.#account(batch, line, out);
  }

  /** Hands an item to the innermost batch around it that collects, or out. */
  #deliver(item: Assembled, within: OpenBatch | undefined, out: Assembled[]): void {
    let batch = within;
    while (batch !== undefined && !(batch.kind === 'collect' && batch.state === 'holding')) batch = batch.parent;
    (batch?.items ?? out).push(item);
  }

  #account(batch: OpenBatch, line: IrcLine, out: Assembled[]): void {
    const root = rootOf(batch);
    root.heldLines += 1;
    for (const param of line.params) root.heldChars += param.length;
    for (const [key, value] of line.tags) root.heldChars += key.length + value.length;
    if (root.heldLines > this.#limits.maxLines || root.heldChars > this.#limits.maxChars) this.#spill(root, out);
  }

  #closeRef(ref: string, out: Assembled[], complete = true): void {
    const batch = this.#open.get(ref);
    if (batch === undefined) return;
    // Batches inside it that are still open end with it, and before it.
    for (const [innerRef, inner] of [...this.#open]) {
      if (inner.parent === batch) this.#closeRef(innerRef, out, false);
    }
    this.#release(batch, complete, out);
    this.#open.delete(ref);
  }

  /** Gives out what a batch and those inside it hold, marked incomplete; what still comes for them is streamed. */
  #spill(batch: OpenBatch, out: Assembled[]): void {
    for (const inner of this.#open.values()) {
      if (inner.parent === batch) this.#spill(inner, out);
    }
    this.#release(batch, false, out);
    batch.state = 'streaming';
    batch.heldLines = 0;
    batch.heldChars = 0;
  }

  #release(batch: OpenBatch, complete: boolean, out: Assembled[]): void {
    if (batch.state === 'streaming') return;
    const { info, items, lines } = batch;
    batch.state = 'streaming';
    if (batch.kind === 'collect')
      this.#deliver({ kind: 'batch', batch: info, items: [...items], complete }, batch.parent, out);
    else if (lines.length > 0)
      this.#deliver(joinMultiline(info, lines, batch.parent?.info, complete), batch.parent, out);
    items.length = 0;
    lines.length = 0;
  }

  #touch(batch: OpenBatch | undefined, nowMs: number): void {
    for (let around = batch; around !== undefined; around = around.parent) around.lastMs = nowMs;
  }
}

function rootOf(batch: OpenBatch): OpenBatch {
  let root = batch;
  while (root.parent !== undefined) root = root.parent;
  return root;
}
