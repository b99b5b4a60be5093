import { readFile, writeFile } from 'node:fs/promises';
import { parseDocument } from 'yaml';
import { loadConfig, loadWithoutRegistration } from '../src/config/load.ts';
import { formatProblems } from '../src/config/problem.ts';
import { makeRegistration, renderRegistration } from '../src/config/registration/registration.ts';
import { randomToken, writeRegistration } from '../src/config/registration/registration-write.ts';

/**
 * What has to be made before the containers of compose.yaml can start: the registration, once, and Dendrite's
 * configuration out of its template, at every start, so that a change of .env counts.
 */

type Environment = Readonly<Record<string, string | undefined>>;
export type Paths = { readonly config: string; readonly template: string; readonly dendrite: string };

const SECRETS = ['POSTGRES_PASSWORD', 'REGISTRATION_SHARED_SECRET', 'ERGO_JWT_KEY'];

/** @returns what is wrong with the settings, as sentences; the containers cannot be started with any of it */
export function wrongSettings(env: Environment): string[] {
  return SECRETS.flatMap((name) => {
    const value = env[name] ?? '';
    // They stand in URLs, YAML and JSON: nothing in them may need escaping anywhere.
    if (!/^[A-Za-z0-9_-]*$/.test(value))
      return [`${name} in .env may hold letters, digits, - and _ only: openssl rand -hex 32`];
    return value.length < 16 ? [`${name} in .env is too short: openssl rand -hex 32`] : [];
  });
}

/** Fills `${NAME}`s of a YAML template in; each stands inside double quotes there. */
export function fillTemplate(template: string, env: Environment): string {
  const filled = template.replace(/\$\{([A-Z_]+)\}/g, (_whole, name: string) => {
    const value = env[name];
    if (value === undefined) throw new Error(`${name} is not set; compose.yaml passes it on from .env`);
    return JSON.stringify(value).slice(1, -1);
  });
  const [error] = parseDocument(filled).errors;
  if (error !== undefined) throw new Error(`the filled template is not YAML: ${error.message}`);
  return filled;
}

/** @returns the exit code */
export async function setup(paths: Paths, env: Environment, say: (line: string) => void): Promise<number> {
  const wrong = wrongSettings(env);
  if (wrong.length > 0) {
    for (const line of wrong) say(line);
    return 2;
  }
  const draft = await loadWithoutRegistration(paths.config, { env });
  if (!draft.ok) {
    say(formatProblems(draft.problems));
    return 2;
  }
  const { homeserver, appservice } = draft.config;
  const text = renderRegistration(
    makeRegistration({ serverName: homeserver.serverName, url: appservice.url, randomToken }),
  );
  const written = await writeRegistration(appservice.registration, text, { force: false });
  if (!written.ok && written.why === 'failed') {
    say(written.text);
    return 1;
  }
  say(written.ok ? `Made ${appservice.registration}.` : `Kept ${appservice.registration}.`);
  // A kept registration may be of another server name.
  const whole = await loadConfig(paths.config, { env });
  if (!whole.ok) {
    say(formatProblems(whole.problems));
    return 2;
  }
  await writeFile(paths.dendrite, fillTemplate(await readFile(paths.template, 'utf8'), env), { mode: 0o600 });
  say(`Made ${paths.dendrite}.`);
  return 0;
}

if (import.meta.main) {
  const paths = {
    config: '/etc/causeway/config.yaml',
    template: '/templates/dendrite.yaml',
    dendrite: '/made/dendrite.yaml',
  };
  process.exitCode = await setup(paths, process.env, (line) => process.stdout.write(`${line}\n`));
}
