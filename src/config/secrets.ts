import { type Config, configSchema } from './schema.ts';
import { eachMap } from './walk.ts';

/** Every value of a configuration that must never be printed: those whose key the schema calls secret. */
export function secretsIn(config: Config): string[] {
  const secrets: string[] = [];
  eachMap(configSchema, config, (map, entries) => {
    for (const { name, doc } of entries) {
      const value = map[name];
      if (doc.secret !== true || typeof value !== 'string' || value === '') continue;
      // Of the database's address only the password: the rest is what messages about it have to name.
      if (name !== 'database') secrets.push(value);
      else secrets.push(...passwordsIn(value));
    }
  });
  return secrets;
}

/** The password in a URL as it is written there, and as it is meant. */
function passwordsIn(url: string): string[] {
  const written = /^[a-z]+:\/\/[^:@/]*:([^@/]+)@/.exec(url)?.[1];
  if (written === undefined) return [];
  try {
    return [...new Set([written, decodeURIComponent(written)])];
  } catch {
    return [written];
  }
}
