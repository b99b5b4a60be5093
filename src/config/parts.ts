import { resolve } from 'node:path';
import type { z } from 'zod';
import type { DeepReadonly } from './doc.ts';
import type { ConfigProblem, Path } from './problem.ts';
import type { Registration } from './registration/registration.ts';
import { type Config, configSchema, type NetworkConfig } from './schema.ts';
import { networkSchema } from './schema-network.ts';
import { eachMap, isTree } from './walk.ts';
import type { YamlTree } from './yaml-tree.ts';

/** The pieces of a configuration that are right, whatever the others are, so that they can be tried all the same. */
export type ConfigParts = {
  readonly homeserver?: Config['homeserver'];
  readonly appservice?: Config['appservice'];
  readonly http?: Config['http'];
  readonly authority?: Config['authority'];
  readonly database?: string;
  readonly servers: readonly {
    readonly path: Path;
    readonly id: string;
    readonly server: NetworkConfig['server'];
    readonly bot?: NetworkConfig['bot'];
  }[];
  readonly registration?: Registration;
  /** A problem that names the place of a path in the configuration. */
  readonly problemAt: (path: Path, text: string, remedy: string) => ConfigProblem;
};

/** @param folder of the configuration, where relative paths start */
export function partsOf(tree: YamlTree, folder: string): ConfigParts {
  const root = isTree(tree.value) ? tree.value : {};
  const part = <S extends z.ZodType>(schema: S, value: unknown): DeepReadonly<z.output<S>> | undefined => {
    const parsed = schema.safeParse(value);
    if (!parsed.success) return undefined;
    resolvePaths(schema, parsed.data, folder);
    return parsed.data as DeepReadonly<z.output<S>>;
  };
  const { homeserver, appservice, http, authority, database } = configSchema.shape;
  const parts = {
    homeserver: part(homeserver, root.homeserver),
    appservice: part(appservice, root.appservice),
    http: part(http, root.http),
    authority: part(authority, root.authority),
    database: databasePath(part(database, root.database), folder),
  };
  const networks = Array.isArray(root.networks) ? root.networks : [];
  return {
    ...(Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined)) as Partial<Config>),
    servers: networks.flatMap((network: unknown, n) => {
      const server = isTree(network) ? part(networkSchema.shape.server, network.server) : undefined;
      const id = isTree(network) && typeof network.id === 'string' ? network.id : String(n);
      const bot = isTree(network) ? part(networkSchema.shape.bot, network.bot) : undefined;
      const place = { path: ['networks', n, 'server'], id, ...(bot !== undefined && { bot }) };
      return server === undefined ? [] : [{ ...place, server }];
    }),
    problemAt: tree.problemAt,
  };
}

/** Makes every path in a value of the schema absolute, in place. */
export function resolvePaths(schema: z.core.$ZodType, value: unknown, folder: string): void {
  eachMap(schema, value, (map, entries) => {
    for (const { name, doc } of entries) {
      const path = map[name];
      if (doc.path !== undefined && typeof path === 'string') map[name] = resolve(folder, path);
      if (name === 'database' && typeof path === 'string') map[name] = databasePath(path, folder);
    }
  });
}

/** `sqlite:PATH` with an absolute path; anything else as it is. */
function databasePath<T extends string | undefined>(database: T, folder: string): T | string {
  const path = /^sqlite:(?!:memory:$)(.*)$/s.exec(database ?? '')?.[1];
  return path === undefined ? database : `sqlite:${resolve(folder, path)}`;
}
