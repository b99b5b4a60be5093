import type { KeyedEffect, MatrixEvent } from '../../events.ts';
import type { GhostSubject, NetworkId } from '../../ids.ts';
import type { MultilineLimits } from '../../irc/multiline.ts';
import type { PageMaker } from '../../pages.ts';

/** What a converter may know of the portal that an event belongs to. */
export type MatrixView = {
  readonly network: NetworkId;
  readonly channel: string;
  /** Our bot, or a ghost of ours: whatever it says came from us. */
  readonly isOurs: (userId: string) => boolean;
  /** Whom a ghost of ours stands for. */
  readonly ghostOf?: (userId: string) => { readonly network: NetworkId; readonly subject: GhostSubject } | undefined;
  /** Membership of whom a membership event is about, before it. */
  readonly before?: string;
  /** What somebody is called in the channel now: a person of the network behind a ghost, or of Matrix with a connection of their own. */
  readonly nickOf?: (userId: string) => string | undefined;
  /** Most lines of one message where the server knows no messages of several lines. */
  readonly maxLines?: number;
  /** What the server takes as one message of several lines; absent: it takes none. */
  readonly multiline?: MultilineLimits;
  /** Link to a map, with `{lat}` and `{lon}`; absent: OpenStreetMap. */
  readonly mapUrl?: string;
  /** Makes links of ours for this event; absent where nobody could reach them. */
  readonly pages?: PageMaker;
};

export type MatrixConverter = (event: MatrixEvent, view: MatrixView) => KeyedEffect[];

/** A property that may be anything, as an object; empty where it is none. */
export const objectIn = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};

/** An event id, as far as a name can be one: at most 255 bytes (Matrix specification, appendix "Common identifier format"). */
export const eventIdIn = (value: unknown): string | undefined =>
  typeof value === 'string' && value.startsWith('$') && value.length <= 255 ? value : undefined;
