import { randomUUID } from 'node:crypto';
import type { RequestHandler } from 'express';
import SCIMMY from 'scimmy';
import SCIMMYRouters from 'scimmy-routers';
import { CAUSEWAY_ALIAS, type Json, type Service, serve, TOKEN } from './scim-service.ts';

/** Resources of the one server that this process can have: the library keeps its declarations for all of it. */
const kept = { User: new Map<string, Json>(), Group: new Map<string, Json>() };

const { Attribute, SchemaDefinition } = SCIMMY.Types as Json;

function declare(): void {
  const texts = (name: string): Json => new Attribute('string', name, { multiValued: true });
  (SCIMMY.Schemas.User.definition as Json).extend(
    new SchemaDefinition('CausewayUser', CAUSEWAY_ALIAS, 'Handles', [
      texts('matrix'),
      texts('irc'),
      texts('did'),
      new Attribute('string', 'status'),
    ]),
  );
  for (const [name, resource] of [
    ['User', SCIMMY.Resources.User],
    ['Group', SCIMMY.Resources.Group],
  ] as const) {
    const all = kept[name];
    (SCIMMY.Resources as Json).declare(resource, {
      egress: ({ id, filter }: Json) => {
        if (id === undefined) return filter === undefined ? [...all.values()] : filter.match([...all.values()]);
        const found = all.get(id);
        if (found === undefined) throw new (SCIMMY.Types as Json).Error(404, null, `Resource ${id} not found`);
        return found;
      },
      ingress: ({ id }: Json, instance: Json) => {
        if (id !== undefined && !all.has(id))
          throw new (SCIMMY.Types as Json).Error(404, null, `Resource ${id} not found`);
        const taken = [...all.values()].find(
          (one) => name === 'User' && one.id !== id && one.userName.toLowerCase() === instance.userName.toLowerCase(),
        );
        if (taken !== undefined) throw new (SCIMMY.Types as Json).Error(409, 'uniqueness', 'userName is taken');
        const fresh = { ...JSON.parse(JSON.stringify(instance)), id: id ?? randomUUID() };
        all.set(fresh.id, fresh);
        return fresh;
      },
      degress: ({ id }: Json) => {
        if (!all.delete(id)) throw new (SCIMMY.Types as Json).Error(404, null, `Resource ${id} not found`);
      },
    });
  }
}

let router: RequestHandler | undefined;

/** A SCIM service by somebody else: the libraries scimmy and scimmy-routers, with nobody in it. */
export async function serveScimmy(): Promise<Service> {
  if (router === undefined) {
    declare();
    router = new (SCIMMYRouters as Json)({
      type: 'bearer',
      handler: (request: Json) => {
        if (request.header('Authorization') !== `Bearer ${TOKEN}`) throw new Error('who are you?');
        return 'directory';
      },
    }) as RequestHandler;
  }
  kept.User.clear();
  kept.Group.clear();
  return serve(router);
}
