import type { ConfigParts } from '../../config/parts.ts';
import { BOT_LOCALPART } from '../../core/ids.ts';
import { type Answer, ask } from './ask.ts';
import { badAt, type Finding, good, netWords, quoteForeign } from './finding.ts';

/** Whether the homeserver answers, what it is, whether it knows our as_token, and whether names agree. */
export async function checkHomeserver(parts: ConfigParts): Promise<Finding[]> {
  const { homeserver } = parts;
  if (homeserver === undefined) return [];
  const bad = badAt(parts, ['homeserver', 'url']);
  let versions: Answer;
  try {
    versions = await ask(`${homeserver.url}/_matrix/client/versions`);
  } catch (error) {
    return [
      bad(
        `No homeserver at ${homeserver.url}: ${netWords(error)}.`,
        'Start it, or correct the address. In Docker, use the name of the service, not localhost.',
      ),
    ];
  }
  if (versions.status !== 200 || !Array.isArray(versions.json?.versions)) {
    const text = `${homeserver.url} answers, but not as a homeserver (status ${versions.status} for /_matrix/client/versions).`;
    return [bad(text, 'Correct the address: it is the one that clients use, without /_matrix.')];
  }
  const name = await serverSoftware(parts);
  const answers = good('homeserver', `${homeserver.url} answers${name === undefined ? '' : `; it is ${name}`}`);
  return [answers, ...(await checkToken(parts))];
}

/** Name and version where the homeserver tells them, else Dendrite by its habits (its version needs federation). */
async function serverSoftware(parts: ConfigParts): Promise<string | undefined> {
  const { homeserver, registration } = parts;
  if (homeserver === undefined) return undefined;
  try {
    const { json } = await ask(`${homeserver.url}/_matrix/federation/v1/version`);
    const server = json?.server as { name?: unknown; version?: unknown } | undefined;
    if (typeof server?.name === 'string') return `${server.name} ${String(server.version ?? '')}`.trim().slice(0, 80);
    if (registration === undefined) return undefined;
    const bot = encodeURIComponent(`@${BOT_LOCALPART}:${homeserver.serverName}`);
    const whoami = await ask(`${homeserver.url}/_matrix/client/v3/account/whoami?user_id=${bot}`, {
      token: registration.asToken,
    });
    return whoami.json?.device_id === 'AS_Device' ? 'Dendrite' : undefined;
  } catch {
    return undefined;
  }
}

async function checkToken(parts: ConfigParts): Promise<Finding[]> {
  const { homeserver, registration } = parts;
  if (homeserver === undefined || registration === undefined) return [];
  const bad = badAt(parts, ['appservice', 'registration']);
  let whoami: Answer;
  try {
    whoami = await ask(`${homeserver.url}/_matrix/client/v3/account/whoami`, { token: registration.asToken });
  } catch (error) {
    return [
      badAt(parts, ['homeserver', 'url'])(
        `${homeserver.url} stopped answering: ${netWords(error)}.`,
        'Look into its log.',
      ),
    ];
  }
  if (whoami.status === 401 || whoami.status === 403) {
    return [
      bad(
        'The homeserver does not know our as_token: it has not loaded the registration, or an old copy.',
        `Add ${parts.appservice?.registration ?? 'the file'} under app_service_api.config_files in dendrite.yaml and restart Dendrite.`,
      ),
    ];
  }
  const user = whoami.json?.user_id;
  if (whoami.status !== 200 || typeof user !== 'string') {
    return [bad(`The homeserver answered ${whoami.status} when asked who we are.`, 'Look into its log.')];
  }
  const expected = `@${BOT_LOCALPART}:${homeserver.serverName}`;
  if (user === expected) return [good('token', `the homeserver knows us as ${user}`)];
  const itsName = user.slice(user.indexOf(':') + 1);
  if (itsName !== homeserver.serverName) {
    return [
      badAt(parts, ['homeserver', 'serverName'])(
        `The homeserver calls itself ${quoteForeign(itsName)}, and serverName is ${homeserver.serverName}.`,
        'Write its name, then run `causeway register --force` and restart the homeserver.',
      ),
    ];
  }
  return [
    bad(
      `The homeserver takes us for ${quoteForeign(user)}, not for ${expected}.`,
      'Run `causeway register --force`, and restart the homeserver.',
    ),
  ];
}
