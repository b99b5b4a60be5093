import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatProblems, type LoadedConfig, loadConfig } from '../../src/config/load.ts';
import { makeRegistration, renderRegistration } from '../../src/config/registration/registration.ts';
import type { Config } from '../../src/config/schema.ts';

/** A folder of its own, gone afterwards. */
export async function inFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'causeway-config-'));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A registration that fits {@link goodConfig}; `change` gives its text another form. */
export function goodRegistration(change: (text: string) => string = (text) => text): string {
  let n = 0;
  const randomToken = (): string => String(++n).repeat(64);
  return change(
    renderRegistration(makeRegistration({ serverName: 'willow.example', url: 'http://127.0.0.1:9009', randomToken })),
  );
}

export type Surroundings = {
  readonly env?: Readonly<Record<string, string>>;
  /** Files beside the configuration; `registration.yaml` is there without being named. */
  readonly files?: Readonly<Record<string, string>>;
};

/** Loads a text as `config.yaml` in a folder with the given files. */
export function load(
  config: string,
  { env = {}, files = {} }: Surroundings = {},
): Promise<{ loaded: LoadedConfig; folder: string }> {
  return inFolder(async (folder) => {
    const all = { 'registration.yaml': goodRegistration(), ...files, 'config.yaml': config };
    for (const [name, text] of Object.entries(all)) await writeFile(join(folder, name), text);
    return { loaded: await loadConfig(join(folder, 'config.yaml'), { env }), folder };
  });
}

/** What the program gets of a text that is right. */
export async function configOf(text: string, around: Surroundings = {}): Promise<{ config: Config; folder: string }> {
  const { loaded, folder } = await load(text, around);
  assert.equal(loaded.ok, true, loaded.ok ? '' : formatProblems(loaded.problems));
  if (!loaded.ok) throw new Error('unreachable');
  return { config: loaded.config, folder };
}

/** What is allowed and told all the same, line by line, without the folder. */
export async function warnings(config: string, around: Surroundings = {}): Promise<string[]> {
  const { loaded, folder } = await load(config, around);
  assert.equal(loaded.ok, true, loaded.ok ? '' : formatProblems(loaded.problems));
  if (!loaded.ok || loaded.warnings.length === 0) return [];
  return formatProblems(loaded.warnings).replaceAll(`${folder}/`, '').split('\n');
}

/** What a person would read about the configuration, line by line, without the folder; `[]` where all is right. */
export async function complaints(config: string, around: Surroundings = {}): Promise<string[]> {
  const { loaded, folder } = await load(config, around);
  if (loaded.ok) return [];
  return formatProblems(loaded.problems).replaceAll(`${folder}/`, '').replaceAll(folder, '.').split('\n');
}

/** A whole and right configuration; `part` replaces lines of it by others. */
export const goodConfig = `homeserver:
  url: http://127.0.0.1:8008
  serverName: willow.example
networks:
  - id: home
    server: {host: 127.0.0.1, port: 6667, tls: false}
    bot: {nick: causeway}
    channels:
      - {channel: "#commons", room: "#commons"}
`;

/** {@link goodConfig} with one piece replaced; throws where the piece is not in it, so that no test tests nothing. */
export function changed(piece: string, by: string, config: string = goodConfig): string {
  if (!config.includes(piece)) throw new Error(`not in the configuration: ${piece}`);
  return config.replace(piece, () => by);
}
