import type { Enforcement } from '../admission/enforcement.ts';
import type { DirectCommands } from '../direct/direct-commands.ts';
import type { Pages } from '../pages.ts';
import type { PersonSwitch } from '../people/person-switch.ts';
import type { Asker, Person } from './asker.ts';
import type { BridgingCommands } from './bridging-commands.ts';
import type { HereCommands } from './here-commands.ts';

/** What commands are answered from. */
export type Answering = {
  /** What the cooperative decides, and what is asked of it. */
  readonly enforcement: Enforcement;
  /** Who somebody is, and who vouches for it; that a ghost goes to another account. */
  readonly identity: {
    readonly whois: (asker: Asker, name: string) => Promise<string>;
    readonly rebind: (asker: Person, words: readonly string[]) => Promise<string>;
  };
  /** Whether people want to be called when their name falls. */
  readonly calls: PersonSwitch;
  /** Private conversations. */
  readonly direct: DirectCommands;
  /** Links to what people send. */
  readonly pages: Pick<Pages, 'isShared' | 'setShared'>;
  /** Whether people are bridged at all. */
  readonly bridging: BridgingCommands;
  /** What is asked about one link. */
  readonly here: HereCommands;
};
