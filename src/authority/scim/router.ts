import { createHash, timingSafeEqual } from 'node:crypto';
import express, { type NextFunction, type Request, type Response, type Router } from 'express';
import type { Log } from '../../ports/log.ts';
import { KINDS, type ResourceKind } from './attributes.ts';
import type { Precondition, ScimDirectory } from './directory.ts';
import { resourceTypes, schemas, serviceProviderConfig } from './discovery.ts';
import { patched } from './patch.ts';
import { bad, Refusal } from './refusal.ts';
import { listed, projected, type Query, shown, type View } from './rendering.ts';
import { isTree, normalise, type Resource, refuseUnknownHandles, type Tree } from './resource.ts';

export type RouterParts = {
  /** The directory, or why it cannot be asked now. */
  readonly directory: () => ScimDirectory | Refusal;
  readonly token: string;
  readonly log: Log;
};

const MAX_BODY_BYTES = 1_048_576;
const TYPES = ['application/scim+json', 'application/json'];

type Answer = {
  readonly status: number;
  readonly body?: Tree;
  readonly headers?: Readonly<Record<string, string>>;
};

/** The endpoints of RFC 7644 for {@link KINDS}. Whoever has no token learns nothing, not even what there is. */
export function makeScimRouter(parts: RouterParts): Router {
  const router = express.Router({ caseSensitive: true });
  router.use(onlyWithToken(parts.token));
  router.use(express.json({ limit: MAX_BODY_BYTES, type: TYPES, inflate: false, strict: true }));
  router.use((request, _response, next) => {
    const hasBody =
      request.headers['content-length'] !== undefined || request.headers['transfer-encoding'] !== undefined;
    const isRead = request.is(TYPES) !== false || request.headers['content-length'] === '0';
    next(hasBody && !isRead ? new Refusal(415, `Bodies are ${TYPES.join(' or ')}.`) : undefined);
  });

  const answering =
    (make: (request: Request, directory: ScimDirectory) => Answer | Promise<Answer>) =>
    async (request: Request, response: Response): Promise<void> => {
      const directory = parts.directory();
      if (directory instanceof Refusal) throw directory;
      send(response, await make(request, directory));
    };

  for (const kind of KINDS) addKind(router, kind, answering);
  const fixed = (path: string, all: (base: string) => Tree[]): void => {
    router.get(path, (request, response) => {
      const found = all(request.baseUrl);
      const list = { totalResults: found.length, startIndex: 1, itemsPerPage: found.length, Resources: found };
      send(response, {
        status: 200,
        body: { schemas: ['urn:ietf:params:scim:api:messages:2.0:ListResponse'], ...list },
      });
    });
    router.get(`${path}/:id`, (request, response) => {
      const found = all(request.baseUrl).find(({ id }) => id === request.params.id);
      if (found === undefined) throw new Refusal(404, 'There is nothing of that id.');
      send(response, { status: 200, body: found });
    });
  };
  fixed('/ResourceTypes', resourceTypes);
  fixed('/Schemas', schemas);
  router.get('/ServiceProviderConfig', (request, response) =>
    send(response, { status: 200, body: serviceProviderConfig(request.baseUrl) }),
  );
  router.use(['/Bulk', '/Me'], () => {
    throw new Refusal(501, 'This is not offered; ServiceProviderConfig says what is.');
  });
  router.use(() => {
    throw new Refusal(404, 'There is no such endpoint.');
  });
  // Express knows an error handler by its four parameters.
  router.use((error: unknown, _request: Request, response: Response, _next: NextFunction) => {
    const refusal = toRefusal(error);
    if (refusal.status === 500)
      parts.log.error('A request of the directory made us fail; the bridge goes on.', {
        error: error instanceof Error ? error.message : String(error),
        stack: error instanceof Error ? error.stack : undefined,
      });
    const headers: Record<string, string> = refusal.status === 503 ? { 'Retry-After': '5' } : {};
    send(response, { status: refusal.status, body: { ...refusal.body }, headers });
  });
  return router;
}

type Answering = (
  make: (request: Request, directory: ScimDirectory) => Answer | Promise<Answer>,
) => (request: Request, response: Response) => Promise<void>;

function addKind(router: Router, kind: ResourceKind, answering: Answering): void {
  const one = (request: Request, directory: ScimDirectory, resource: Resource, status = 200): Answer => {
    const whole = shown(kind, resource, viewOf(request, directory));
    const { location, version } = isTree(whole.meta) ? whole.meta : {};
    const headers = { ETag: String(version), ...(status === 201 && { Location: String(location) }) };
    return { status, body: projected(kind, whole, queryOf(request)), headers };
  };
  const idOf = (request: Request): string => String(request.params.id);
  const read = (body: unknown): Tree => {
    refuseUnknownHandles(kind, body);
    return normalise(kind, body);
  };

  router
    .route(`/${kind.endpoint}`)
    .get(
      answering((request, directory) => ({
        status: 200,
        body: listed(kind, directory.of(kind).values(), queryOf(request), viewOf(request, directory)),
      })),
    )
    .post(
      answering(async (request, directory) =>
        one(request, directory, await directory.create(kind, read(request.body)), 201),
      ),
    )
    .all(notAllowed('GET, POST'));

  router
    .route(`/${kind.endpoint}/.search`)
    .post(
      answering((request, directory) => ({
        status: 200,
        body: listed(kind, directory.of(kind).values(), searchOf(request.body), viewOf(request, directory)),
      })),
    )
    .all(notAllowed('POST'));

  router
    .route(`/${kind.endpoint}/:id`)
    .get(
      answering((request, directory) => {
        const resource = directory.get(kind, idOf(request));
        const known = request.get('If-None-Match');
        if (known !== undefined && matches(known, resource))
          return { status: 304, headers: { ETag: versionOf(resource) } };
        return one(request, directory, resource);
      }),
    )
    .put(
      answering(async (request, directory) => {
        const tree = read(request.body);
        return one(request, directory, await directory.update(kind, idOf(request), ifMatch(request), () => tree));
      }),
    )
    .patch(
      answering(async (request, directory) => {
        const change = (before: Resource): Tree => normalise(kind, patched(kind, before, request.body));
        return one(request, directory, await directory.update(kind, idOf(request), ifMatch(request), change));
      }),
    )
    .delete(
      answering(async (request, directory) => {
        await directory.delete(kind, idOf(request), ifMatch(request));
        return { status: 204 };
      }),
    )
    .all(notAllowed('GET, PUT, PATCH, DELETE'));
}

const viewOf = (request: Request, directory: ScimDirectory): View => ({
  base: request.baseUrl,
  groupsOf: (id) => directory.groupsOf(id),
});

const versionOf = ({ meta }: Resource): string => String(isTree(meta) ? meta.version : '');

/** Weak comparison (RFC 9110 §8.8.3.2); `*` is any. */
function matches(header: string, resource: Resource): boolean {
  const bare = (tag: string): string => tag.trim().replace(/^W\//, '');
  return header.split(',').some((tag) => tag.trim() === '*' || bare(tag) === bare(versionOf(resource)));
}

function ifMatch(request: Request): Precondition {
  const header = request.get('If-Match');
  return (resource) => {
    if (header !== undefined && !matches(header, resource))
      throw new Refusal(412, 'The resource was changed since; read it again.');
  };
}

const QUERY_KEYS = ['filter', 'startIndex', 'count', 'attributes', 'excludedAttributes'] as const;

/** Read by ourselves: how the app parses queries is its own choice. */
function queryOf(request: Request): Query {
  const given = new URL(request.originalUrl, 'http://localhost').searchParams;
  return Object.fromEntries(QUERY_KEYS.flatMap((key) => (given.has(key) ? [[key, given.get(key) ?? '']] : [])));
}

/** RFC 7644 §3.4.3: the same as JSON. */
function searchOf(body: unknown): Query {
  if (!isTree(body)) throw bad('invalidSyntax', 'A search is a JSON object.');
  return Object.fromEntries(
    QUERY_KEYS.flatMap((key) => {
      const value = body[key];
      if (value === undefined || value === null) return [];
      return [[key, Array.isArray(value) ? value.map(String).join(',') : String(value)]];
    }),
  );
}

const notAllowed = (allow: string) => (_request: Request, response: Response) => {
  response.set('Allow', allow);
  throw new Refusal(405, `Here are only ${allow}.`);
};

function onlyWithToken(token: string) {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  const wanted = digest(token);
  return (request: Request, response: Response, next: NextFunction): void => {
    const [, given] = /^Bearer ([^\s]+)$/i.exec(request.get('Authorization') ?? '') ?? [];
    // Digests have one length, so that the time tells nothing of the token.
    const fits = timingSafeEqual(digest(given ?? ''), wanted);
    if (given !== undefined && fits) {
      next();
      return;
    }
    response.set('WWW-Authenticate', 'Bearer realm="SCIM"');
    next(new Refusal(401, 'A bearer token is needed.'));
  };
}

/** body-parser's own errors carry a status; what else is thrown is a bug of ours. */
const BODY_REFUSALS: Readonly<Record<number, () => Refusal>> = {
  400: () => bad('invalidSyntax', 'The body is not JSON.'),
  413: () => new Refusal(413, `The body has more than ${MAX_BODY_BYTES} bytes.`),
  415: () => new Refusal(415, 'Compressed bodies and other character sets than UTF-8 are not read.'),
};

function toRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  const status = typeof error === 'object' && error !== null && 'status' in error ? Number(error.status) : 500;
  return BODY_REFUSALS[status]?.() ?? new Refusal(500, 'This request made us fail; our log says more.');
}

function send(response: Response, { status, body, headers = {} }: Answer): void {
  response.status(status).set({ 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff', ...headers });
  if (body === undefined) {
    response.end();
    return;
  }
  // Not `send`: it would add ETags of its own and answer 304 by them.
  response.set('Content-Type', 'application/scim+json; charset=utf-8').end(JSON.stringify(body));
}
