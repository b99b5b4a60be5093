import { makeScimClient } from '../../src/authority/scim/scim-client.ts';
import { recordingLog } from '../matrix/support.ts';
import { type HttpFault, startHttpProxy } from '../servers/http-proxy.ts';
import { startProxy } from '../servers/tcp-proxy.ts';
import { authorityContract, type Fault, type Person, type World, type WorldParts } from './contract.ts';
import { CAUSEWAY, CAUSEWAY_ALIAS, provide, provision, type Service, TOKEN } from './scim-service.ts';
import { serveScimmy } from './scimmy-service.ts';

authorityContract(
  'that a directory writes to over SCIM',
  async ({ clock, statuses, roles }): Promise<World> => {
    const provided = await provide({ clock, statuses, roles });
    return {
      authority: provided.authority,
      issuer: 'willow.example',
      secrets: [TOKEN],
      write: (people) => provision(provided, people),
      faults: {},
      end: provided.end,
    };
  },
  { faults: [] },
);

const json = { 'content-type': 'application/scim+json' };
const page = (total: number, ids: readonly string[]): string =>
  JSON.stringify({ totalResults: total, Resources: ids.map((id) => ({ id, userName: id })) });

type Odd = Extract<HttpFault, { kind: 'answer' }> | { readonly kind: 'drop-request' };

/** What comes instead of every answer. */
const ODD: Readonly<Record<string, readonly [Odd, ...Fault['reasons'][number][]]>> = {
  unreachable: [{ kind: 'drop-request' }, 'unreachable'],
  malformed: [{ kind: 'answer', status: 200, body: '<html>', headers: json }, 'malformed'],
  'a list without total': [{ kind: 'answer', status: 200, body: '{"Resources":[]}', headers: json }, 'malformed'],
  truncated: [{ kind: 'answer', status: 200, body: page(1, ['ada']).slice(0, -5), headers: json }, 'malformed'],
  'empty answer': [{ kind: 'answer', status: 200, body: '', headers: json }, 'malformed'],
  'wrong content type': [
    { kind: 'answer', status: 200, body: page(0, []), headers: { 'content-type': 'text/html' } },
    'malformed',
  ],
  unauthorized: [{ kind: 'answer', status: 401, body: '{}' }, 'unauthorized'],
  'server error': [{ kind: 'answer', status: 500, body: 'oh' }, 'unreachable'],
  'too many requests': [{ kind: 'answer', status: 429, body: 'slowly' }, 'unreachable'],
  'sent elsewhere': [{ kind: 'answer', status: 302, headers: { location: 'http://127.0.0.1:1/' } }, 'malformed'],
  'fewer than it says': [
    { kind: 'answer', status: 200, body: page(5, ['ada']), headers: json },
    'malformed',
    'ambiguous',
  ],
  'one id twice': [{ kind: 'answer', status: 200, body: page(2, ['ada', 'ada']), headers: json }, 'ambiguous'],
  'one without id': [
    { kind: 'answer', status: 200, body: '{"totalResults":1,"Resources":[{}]}', headers: json },
    'malformed',
  ],
  oversized: [{ kind: 'answer', status: 200, body: ' '.repeat(17 * 1024 * 1024), headers: json }, 'malformed'],
};

async function clientWorld(
  { clock, statuses, roles }: WorldParts,
  serve: () => Promise<Service>,
  extension: string,
): Promise<World> {
  const service = await serve();
  const http = await startHttpProxy(service.port);
  const tcp = await startProxy(http.port);
  const authority = makeScimClient({
    url: `http://127.0.0.1:${tcp.port}/scim/v2`,
    token: TOKEN,
    intervalSeconds: 20,
    issuer: 'willow.example',
    statuses,
    roles,
    clock,
    log: recordingLog(),
  });
  const faults = Object.entries(ODD).map(([name, [fault, ...reasons]]): [string, Fault] => [
    name,
    { strike: () => void http.rule({ fits: () => true, fault }), mend: http.clear, reasons },
  ]);
  return {
    authority,
    issuer: 'willow.example',
    secrets: [TOKEN],
    write: (people: readonly Person[]) => provision(service, people, extension),
    faults: {
      ...Object.fromEntries(faults),
      silent: { strike: tcp.blackhole, mend: tcp.pass, reasons: ['timeout'] },
    },
    end: async () => {
      await tcp.stop();
      await http.stop();
      await service.end();
    },
  };
}

const FAULTS = [...Object.keys(ODD), 'silent'];

authorityContract(
  'that is asked over SCIM, at somebody else’s server (scimmy)',
  (parts) => clientWorld(parts, serveScimmy, CAUSEWAY_ALIAS),
  { faults: FAULTS, speed: 40 },
);

authorityContract('that is asked over SCIM, at our own server', (parts) => clientWorld(parts, provide, CAUSEWAY), {
  faults: [],
  speed: 40,
});
