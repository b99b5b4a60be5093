import type { Engine } from './engine.ts';

/** A connected engine and what goes with it. */
export type Opened = {
  readonly engine: Engine;
  /** The folder whose room is watched; undefined where the disk is somebody else's. */
  readonly folder: string | undefined;
  /** Looks, every few seconds, for what no statement would notice. */
  check(): void;
  close(): Promise<void>;
};
