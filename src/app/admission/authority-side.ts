import { Directory } from '../../core/authority/directory.ts';
import type { Audit } from '../../ports/audit.ts';
import type { Authority } from '../../ports/authority.ts';
import type { Kit } from '../kit.ts';
import type { Ledger } from '../lanes/ledger.ts';
import type { Concerned } from './admission.ts';
import { DirectoryFeed, type DirectoryFeedParts } from './directory-feed.ts';
import { DirectoryStore } from './directory-store.ts';
import { PushedEvents } from './pushed-events.ts';
import { ShutGates } from './shut-gates.ts';

export type AuthoritySideParts = {
  readonly kit: Kit;
  readonly ledger: Ledger;
  /** Undefined: everybody is let in, and nothing is known of anybody. */
  readonly authority: Authority | undefined;
  readonly audit: Audit;
  readonly onChanged: (whom: Concerned | undefined, cause: string) => void;
  readonly onAgreements: DirectoryFeedParts['onAgreements'];
  readonly onAlert: (text: string) => void;
};

/** Everything that comes from the authority, or is pushed to us about what it knows; and what is known of it. */
export class AuthoritySide {
  readonly directory = new Directory();
  readonly gates: ShutGates;
  readonly events: PushedEvents;
  readonly #parts: AuthoritySideParts;
  readonly #store: DirectoryStore;
  readonly #feed: DirectoryFeed | undefined;

  constructor(parts: AuthoritySideParts) {
    const { kit, ledger, authority, audit, onChanged, onAgreements, onAlert } = parts;
    const { directory } = this;
    this.#parts = parts;
    this.#store = new DirectoryStore(kit);
    this.gates = new ShutGates(kit);
    this.#feed =
      authority === undefined
        ? undefined
        : new DirectoryFeed({
            kit,
            authority,
            directory,
            store: this.#store,
            onChanged,
            onAgreements,
            onAlert,
            onSaid: () => this.events.settle(),
            isAwaited: (subject) => this.gates.isShut(subject),
          });
    const look = (subjects: readonly string[]): void => this.#feed?.look(subjects);
    this.events = new PushedEvents({ kit, ledger, directory, gates: this.gates, audit, look });
  }

  /** A sentence while the authority says nothing that can be used. */
  get problem(): string | undefined {
    return this.#feed?.problem;
  }

  /** Takes up what an earlier process knew. */
  async load(): Promise<void> {
    const { authority } = this.#parts;
    if (authority === undefined) return;
    await this.#store.load(this.directory, authority.description);
    await this.gates.load();
  }

  start(): void {
    this.#feed?.start();
    const shut = this.gates.all();
    if (shut.length > 0) this.#feed?.look(shut);
  }

  async stop(): Promise<void> {
    await this.#feed?.stop();
  }
}
