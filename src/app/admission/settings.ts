import type { Config } from '../../config/schema.ts';
import { limitsOf } from './admission.ts';
import { type Arrangement, arrange, type Surroundings } from './resources.ts';

/** The configuration as it is now, with what it asks of rooms and people. */
export class Settings {
  readonly #around: Surroundings;
  #config: Config;
  #arrangement: Arrangement;

  constructor(config: Config, around: Surroundings) {
    this.#around = around;
    this.#config = config;
    this.#arrangement = arrange(config, around);
  }

  get arrangement(): Arrangement {
    return this.#arrangement;
  }

  /** Anew: agreements may list other servers, or the configuration be another. */
  arrange(config = this.#config): Arrangement {
    this.#config = config;
    this.#arrangement = arrange(config, this.#around, this.#around.peers());
    return this.#arrangement;
  }

  readonly resources = (): Arrangement['resources'] => this.#arrangement.resources;
  readonly hasAuthority = (): boolean => this.#config.authority.source !== 'none';
  readonly mode = (): 'observe' | 'enforce' => this.#config.authority.mode;
  readonly admins = (): readonly string[] => this.#config.cooperative?.admins ?? [];
  readonly reconcileMs = (): number => this.#config.authority.reconcileSeconds * 1000;
  readonly botNicks = (): readonly string[] => [...new Set(this.#config.networks.map(({ bot }) => bot.nick))];
  /** Homeservers that take part without an agreement. */
  readonly ownServers = (): readonly string[] => [
    this.#around.serverName,
    ...(this.#config.cooperative?.servers ?? []),
  ];
  readonly limits = () => limitsOf(this.#config);
  readonly guardWindowMs = (): number => this.#config.authority.guardWindowSeconds * 1000;
}
