import { fail, ok, type Result } from '../core/errors.ts';
import type { Homeserver } from '../ports/matrix.ts';
import { type Call, objectOf } from './call.ts';
import { isObject } from './validate-event.ts';

type Probed = Awaited<ReturnType<Homeserver['probe']>>;

/** The device that Dendrite gives to everybody an application service speaks for. */
const DENDRITE_DEVICE = 'AS_Device';

/**
 * Asks what the homeserver is and whether it knows our token. Never goes by the specification version that it names:
 * Dendrite says 1.2 and can much more.
 */
export async function probe(call: Call, botId: string): Promise<Probed> {
  const versions = objectOf(await call({ method: 'GET', path: ['client', 'versions'] }), 'repeatable');
  if (!versions.ok) return versions;
  if (!Array.isArray(versions.value.versions))
    return fail({
      code: 'matrix.not-a-homeserver',
      text: 'Something answers at homeserver.url, but it is not a Matrix homeserver. Correct the address.',
      retry: 'never',
      notify: 'log',
    });
  const whoami = objectOf(
    await call({ method: 'GET', path: ['client', 'v3', 'account', 'whoami'], as: botId }),
    'repeatable',
  );
  if (!whoami.ok) return whoami;
  if (whoami.value.user_id !== botId)
    return fail({
      code: 'matrix.wrong-bot',
      text: `The homeserver takes us for ${String(whoami.value.user_id)}, not for ${botId}. Compare homeserver.serverName with the homeserver's own, and its copy of registration.yaml with ours.`,
      retry: 'never',
      notify: 'log',
    });
  const capabilities = objectOf(
    await call({ method: 'GET', path: ['client', 'v3', 'capabilities'], as: botId }),
    'repeatable',
  );
  if (!capabilities.ok) return capabilities;
  const software = await softwareOf(call, whoami.value.device_id);
  if (!software.ok) return software;
  return ok({ software: software.value, ...roomVersionsIn(capabilities.value.capabilities) });
}

/** The version endpoint is there only with federation on. */
async function softwareOf(call: Call, device: unknown): Promise<Result<string>> {
  const outcome = await call({ method: 'GET', path: ['federation', 'v1', 'version'] });
  const result = objectOf(outcome, 'repeatable');
  const server = result.ok ? result.value.server : undefined;
  if (isObject(server) && typeof server.name === 'string')
    return ok([server.name, server.version].filter((part) => typeof part === 'string').join(' '));
  if ('failure' in outcome) return result.ok ? ok('unknown') : result;
  return ok(device === DENDRITE_DEVICE ? 'Dendrite' : 'unknown');
}

function roomVersionsIn(capabilities: unknown): {
  roomVersions: ReadonlyMap<string, 'stable' | 'unstable'>;
  defaultRoomVersion: string;
} {
  const described = isObject(capabilities) ? capabilities['m.room_versions'] : undefined;
  const available = isObject(described) && isObject(described.available) ? described.available : {};
  const preferred = isObject(described) ? described.default : undefined;
  return {
    roomVersions: new Map(
      Object.entries(available).map(([version, how]) => [version, how === 'stable' ? 'stable' : 'unstable'] as const),
    ),
    // What the specification says of a server that does not tell.
    defaultRoomVersion: typeof preferred === 'string' ? preferred : '1',
  };
}
