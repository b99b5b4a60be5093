import type { Config } from '../config/schema.ts';
import type { Audit } from '../ports/audit.ts';
import type { Authority, DecisionPoint } from '../ports/authority.ts';
import type { CommandSource } from '../ports/commands.ts';
import type { PageSource } from '../ports/pages.ts';
import type { StatusSource } from '../ports/status.ts';
import type { Enforcement } from './admission/enforcement.ts';
import type { MatrixGate } from './inbox/matrix-gate.ts';
import type { Kit } from './kit.ts';

/** What a bridge is made of. */
export type BridgeParts = {
  readonly kit: Kit;
  readonly config: Config;
  readonly version: string;
  readonly pid: number;
  readonly notes: readonly string[];
  /** Who decides who is let in; undefined: everybody is. */
  readonly authority?: Authority;
  readonly decisions?: DecisionPoint;
  readonly audit?: Audit;
};

/** The running bridge: every part of the app, put together and set going. */
export type Bridge = {
  /** Where the sources of Matrix events knock. */
  readonly gate: MatrixGate;
  readonly status: StatusSource;
  /** What the homeserver has to be asked for, beside events and typing. */
  readonly ephemera: { readonly presence: boolean; readonly receipts: boolean };
  /** What people on networks read by link. */
  readonly pages: PageSource;
  /** Takes what is pushed about members, and lets visitors in. */
  readonly deciding: Pick<Enforcement, 'events' | 'visit'>;
  /** Answers what is asked on the command line. */
  readonly commands: CommandSource;
  /** Attaches the networks, takes up what an earlier process left, and prepares rooms that are missing. */
  start(): void;
  /** Links that are new are made, links that are gone are dropped, and nobody else notices. */
  reload(config: Config): void;
  /** Lets lines under way reach their end (about 3 s at most), leaves the networks. What is left is on disk. */
  stop(): Promise<void>;
};
