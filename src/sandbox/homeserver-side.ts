import type { Folder } from './folder.ts';
import { obtainDendrite } from './obtain/dendrite.ts';
import type { Progress } from './progress.ts';
import { SandboxRefusal } from './refusal.ts';
import { type Dendrite, startDendrite } from './servers/dendrite.ts';
import { answers } from './servers/probe.ts';
import type { State } from './state.ts';

/** Where Matrix people are: our own Dendrite, or a homeserver that somebody else runs. */
export type HomeserverSide = {
  readonly url: string;
  readonly serverName: string;
  /** Ours; undefined when somebody else runs it. */
  readonly dendrite?: Dendrite;
};

export type HomeserverWish = {
  readonly dendrite?: string | undefined;
  /** Of a homeserver that is there already. */
  readonly homeserver?: string | undefined;
  readonly serverName?: string | undefined;
};

/** Finds the program before anything is written. */
export async function findDendrite(wish: HomeserverWish, progress: Progress): Promise<string | undefined> {
  if (wish.homeserver !== undefined) return undefined;
  const program = await obtainDendrite(progress, wish.dendrite ?? process.env.CAUSEWAY_DENDRITE);
  if (program === undefined) throw new SandboxRefusal(CHOICES);
  return program.path;
}

export const CHOICES = `
The sandbox needs a homeserver and an IRC server, and found no way to have them here. Any one of these will do:
  Dendrite  put 'dendrite' on PATH, or name it:  --dendrite PATH  (or CAUSEWAY_DENDRITE)
            install Go 1.24 or newer: the sandbox then builds it, once
  Ergo      put 'ergo' or 'ergochat' on PATH, or name it:  --ergo PATH  (or CAUSEWAY_ERGO)
            on Debian and its relatives: a mirror that apt can reach
  both      start Docker
  neither   use servers that run already:  --homeserver URL --irc HOST:PORT
Then run the same command again.`.trim();

/** Starts our Dendrite with the registration. */
export async function startHomeserver(
  binary: string,
  state: State,
  registration: string,
  folder: Folder,
): Promise<HomeserverSide & { readonly dendrite: Dendrite }> {
  const dendrite = await startDendrite({
    binary,
    dir: `${folder.path}/dendrite`,
    serverName: state.serverName,
    port: state.ports.homeserver,
    registrations: [registration],
    onStarted: (pid) => folder.record('dendrite', pid),
  });
  for (const { name, password } of state.people) await dendrite.register(name, password);
  return { url: dendrite.url, serverName: state.serverName, dendrite };
}

/** The name of a homeserver that somebody else runs. */
export async function nameOfHomeserver(url: string, given: string | undefined): Promise<string> {
  if (!(await answers(`${url}/_matrix/client/versions`).catch(() => false))) {
    throw new SandboxRefusal(
      `No Matrix homeserver answers at ${url}. Check the address: it is the one that clients use, such as http://127.0.0.1:8008.`,
    );
  }
  if (given !== undefined) return given;
  // Answered where federation is on, without a login.
  const keys = await fetch(`${url}/_matrix/key/v2/server`).catch(() => undefined);
  const body = keys?.ok === true ? ((await keys.json()) as { server_name?: string }) : {};
  if (body.server_name !== undefined) return body.server_name;
  throw new SandboxRefusal(
    `The homeserver at ${url} does not say its name. Add --server-name NAME: what stands after the colon in @alice:NAME.`,
  );
}

/** Refuses, with what to do, until the homeserver of somebody else has loaded our registration. */
export async function expectRegistration(url: string, asToken: string, registration: string): Promise<void> {
  const answer = await fetch(`${url}/_matrix/client/v3/account/whoami`, {
    headers: { authorization: `Bearer ${asToken}` },
  });
  if (answer.ok) return;
  throw new SandboxRefusal(
    [
      `The homeserver at ${url} does not know this bridge yet. Let it load`,
      `  ${registration}`,
      '(Dendrite: app_service_api.config_files; Synapse: app_service_config_files), restart it, and run the same command again.',
    ].join('\n'),
  );
}
