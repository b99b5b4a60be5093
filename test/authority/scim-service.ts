import assert from 'node:assert/strict';
import express, { type RequestHandler } from 'express';
import { makeScimProvider, type ScimProvider } from '../../src/authority/scim/scim-provider.ts';
import { listen } from '../../src/http/http-server.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { ScimStore } from '../../src/ports/scim-store.ts';
import { recordingLog, clock as wallClock } from '../matrix/support.ts';
import type { Person } from './contract.ts';
import { makeMemoryScimStore } from './memory-scim-store.ts';

export const TOKEN = 'a-token-of-a-directory-in-a-test-0123456789';
export const CAUSEWAY = 'urn:coop:causeway:1.0:User';
/** For services that take no extension outside of this namespace. */
export const CAUSEWAY_ALIAS = 'urn:ietf:params:scim:schemas:extension:causeway:1.0:User';

// biome-ignore lint/suspicious/noExplicitAny: bodies are looked at by tests, which fail where they are not as expected
export type Json = any;

export type Answered = { readonly status: number; readonly body: Json; readonly headers: Headers };

/** A service over HTTP on this machine. */
export type Service = {
  readonly port: number;
  readonly url: string;
  /** One request with the token. @param headers more of them, or others */
  readonly ask: (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answered>;
  readonly end: () => Promise<void>;
};

export async function serve(handler: RequestHandler): Promise<Service> {
  const app = express();
  // scimmy 1.3 takes no digits for a number where it pages.
  app.set('query parser', (query: string) =>
    Object.fromEntries(
      [...new URLSearchParams(query)].map(([key, value]) => [key, /^\d+$/.test(value) ? Number(value) : value]),
    ),
  );
  app.use('/scim/v2', handler);
  const server = await listen(app, { host: '127.0.0.1', port: 0 });
  assert.ok(server.ok);
  const url = `http://127.0.0.1:${server.value.port}/scim/v2`;
  return {
    port: server.value.port,
    url,
    ask: async (method, path, body, headers = {}) => {
      const response = await fetch(url + path, {
        method,
        headers: {
          authorization: `Bearer ${TOKEN}`,
          ...(body !== undefined && { 'content-type': 'application/scim+json' }),
          ...headers,
        },
        ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
        signal: AbortSignal.timeout(10_000),
      });
      const text = await response.text();
      return { status: response.status, body: text === '' ? undefined : JSON.parse(text), headers: response.headers };
    },
    end: () => server.value.close(),
  };
}

export type Provided = Service & ScimProvider & { readonly log: ReturnType<typeof recordingLog> };

/** Our own service. */
export async function provide(
  options: {
    readonly store?: ScimStore;
    readonly clock?: Clock;
    readonly statuses?: Record<string, string>;
    readonly roles?: Record<string, string>;
  } = {},
): Promise<Provided> {
  const log = recordingLog();
  const provider = makeScimProvider({
    token: TOKEN,
    issuer: 'willow.example',
    store: options.store ?? makeMemoryScimStore(),
    statuses: options.statuses ?? {},
    roles: options.roles ?? {},
    clock: options.clock ?? wallClock,
    log,
  });
  const service = await serve(provider.router);
  return {
    ...service,
    ...provider,
    log,
    end: async () => {
      await provider.authority.close();
      await service.end();
    },
  };
}

const resources = async (service: Service, path: string): Promise<Json[]> => {
  const { status, body } = await service.ask('GET', `${path}?count=1000`);
  assert.equal(status, 200);
  return body.Resources;
};

const userOf = (person: Person, extension: string): object => ({
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:User', extension],
  externalId: person.sub,
  userName: `${person.sub}@willow.example`,
  displayName: person.name,
  [extension]: { matrix: [person.matrix], irc: [person.irc], status: person.status },
});

const groupNames = (person: Person): string[] => [
  ...person.roles,
  ...person.groups.flatMap(({ group, roles }) => roles.map((role) => (role === 'member' ? group : `${group}:${role}`))),
];

/** Brings a service to name exactly these people, as a directory does: whoever goes first, then users, then groups. */
export async function provision(service: Service, people: readonly Person[], extension = CAUSEWAY): Promise<void> {
  const idOf = new Map<string, string>();
  for (const { id, externalId } of await resources(service, '/Users')) {
    if (people.some(({ sub }) => sub === externalId)) idOf.set(externalId, id);
    else assert.equal((await service.ask('DELETE', `/Users/${id}`)).status, 204);
  }
  for (const person of people) {
    const id = idOf.get(person.sub);
    const { status, body } =
      id === undefined
        ? await service.ask('POST', '/Users', userOf(person, extension))
        : await service.ask('PUT', `/Users/${id}`, userOf(person, extension));
    assert.ok(status === 200 || status === 201, JSON.stringify(body));
    idOf.set(person.sub, body.id);
  }
  const wanted = new Map<string, object[]>();
  for (const person of people)
    for (const name of groupNames(person))
      wanted.set(name, [...(wanted.get(name) ?? []), { value: idOf.get(person.sub), type: 'User' }]);
  const there = await resources(service, '/Groups');
  for (const displayName of new Set([...there.map((group) => group.displayName), ...wanted.keys()])) {
    const group = {
      schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'],
      displayName,
      members: wanted.get(displayName) ?? [],
    };
    const id = there.find((one) => one.displayName === displayName)?.id;
    const { status, body } =
      id === undefined ? await service.ask('POST', '/Groups', group) : await service.ask('PUT', `/Groups/${id}`, group);
    assert.ok(status === 200 || status === 201, JSON.stringify(body));
  }
}
