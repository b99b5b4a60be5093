import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { makeRegistration, type RegistrationFile, renderRegistration } from '../config/registration/registration.ts';
import { randomToken } from '../config/registration/registration-write.ts';
import type { ConfigInput } from '../config/schema.ts';
import { channelLinks, cooperativeConfig, NETWORK } from './cooperative.ts';

export type BridgeWorld = {
  readonly homeserver: { readonly url: string; readonly serverName: string };
  readonly irc: {
    readonly host: string;
    readonly port: number;
    readonly tls: boolean;
    /** The bot's account, where the server is ours. */
    readonly account?: { readonly user: string; readonly password: string };
    /** Signs people's logins, where the server is ours. */
    readonly jwtKey?: string;
  };
  readonly ports: { readonly appservice: number; readonly http: number; readonly pages: number };
};

/** Writes `config.yaml` and `registration.yaml` of the sandbox's bridge. The tokens stay those of the first start. */
export async function writeBridgeFiles(
  dir: string,
  world: BridgeWorld,
): Promise<{ readonly config: string; readonly registration: string; readonly asToken: string }> {
  const registration = join(dir, 'registration.yaml');
  const url = `http://127.0.0.1:${world.ports.appservice}`;
  const { serverName } = world.homeserver;
  const fresh = makeRegistration({ serverName, url, randomToken });
  const before = existsSync(registration) ? (parse(await readFile(registration, 'utf8')) as RegistrationFile) : fresh;
  const file: RegistrationFile = { ...fresh, as_token: before.as_token, hs_token: before.hs_token };
  await writeFile(registration, renderRegistration(file), { mode: 0o600 });

  const config = join(dir, 'config.yaml');
  const header = '# Written by the sandbox at each start; changes are lost.\n';
  await writeFile(config, `${header}${stringify(bridgeConfig(world, url))}`, { mode: 0o600 });
  return { config, registration, asToken: file.as_token };
}

const bridgeConfig = ({ homeserver, irc, ports }: BridgeWorld, url: string): ConfigInput => ({
  homeserver,
  appservice: { listen: `127.0.0.1:${ports.appservice}`, url, registration: './registration.yaml' },
  database: 'sqlite:./causeway.db',
  ...cooperativeConfig,
  networks: [
    {
      id: NETWORK,
      kind: 'irc',
      name: 'Sandbox IRC',
      trust: 'own',
      server: { host: irc.host, port: irc.port, tls: irc.tls },
      bot: { nick: 'causeway', ...(irc.account === undefined ? {} : { sasl: irc.account }) },
      puppets: {
        mode: 'each',
        nick: '{name}',
        ...(irc.jwtKey === undefined ? {} : { sasl: { kind: 'jwt', key: irc.jwtKey } }),
      },
      channels: channelLinks,
    },
  ],
  http: {
    listen: `127.0.0.1:${ports.http}`,
    publicUrl: `http://127.0.0.1:${ports.pages}`,
    publicListen: `127.0.0.1:${ports.pages}`,
  },
  log: { level: 'info', format: 'json', lines: true },
});
