import { randomBytes, timingSafeEqual } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import { createServer, type IncomingMessage } from 'node:http';
import { listenAddress } from '../../config/listen.ts';
import type { ConfigParts } from '../../config/parts.ts';
import type { Registration } from '../../config/registration/registration.ts';
import { GHOST_PREFIX } from '../../core/ids.ts';
import { type Answer, ask } from './ask.ts';
import { badAt, type Finding, good, goodRunning, noteAt } from './finding.ts';
import { baseUrl, isCauseway } from './listen.ts';

/**
 * Whether the homeserver reaches us, and by which hs_token: it is made to ask us something, and we look at what comes.
 * Where Causeway does not run, its place is taken for a moment; whatever else comes is refused, and comes again.
 *
 * The question is the application service ping (Matrix 1.7). Dendrite has none: it asks us about an alias of ours that
 * it does not know when a client looks for it, and answers 500 where we could not be asked.
 * @param running whether Causeway itself answers at `appservice.listen`
 */
export async function checkReach(parts: ConfigParts, running: boolean): Promise<Finding[]> {
  const { homeserver, appservice, registration, http } = parts;
  if (homeserver === undefined || appservice === undefined || registration === undefined) return [];
  const asked = { homeserver: homeserver.url, serverName: homeserver.serverName, registration };
  const before = running ? await refusedSoFar(http?.listen) : undefined;
  const ear = running ? undefined : await listenFor(appservice.listen, registration.hsToken);
  // Something else is there: that has been told.
  if (!running && ear === undefined) return [];
  const said = await makeItAsk(asked);
  const heard = ear?.heard();
  await ear?.close();
  const after = running ? await refusedSoFar(http?.listen) : undefined;
  const counted = before === undefined || after === undefined ? undefined : after - before;
  if (heard === 'wrong' || said === 'refused' || (counted ?? 0) > 0)
    return [
      badAt(parts, ['appservice', 'registration'])(
        'The homeserver shows another hs_token than the registration has: it has loaded an old copy.',
        `Give it ${appservice.registration} (app_service_api.config_files in dendrite.yaml), and restart it.`,
      ),
    ];
  if (heard === 'right' || said === 'reached' || (said === 'asked' && counted === 0))
    return [good('token', `the homeserver reaches us at ${appservice.url}, with the right hs_token`)];
  if (running && said === 'asked') return [];
  // In a container of its own this program is not where the homeserver looks; Causeway may be.
  if (!running && (await isCauseway(appservice.url, registration.hsToken)))
    return [goodRunning('listen', `${appservice.url} is answered by Causeway, which is running`)];
  const { hostname } = new URL(appservice.url);
  const isKnown = await lookup(hostname.replaceAll(/[[\]]/g, '')).then(
    () => true,
    () => false,
  );
  if (said === 'failed' && !isKnown)
    return [
      noteAt(parts, ['appservice', 'url'])(
        `The homeserver does not reach us at ${appservice.url}, a name that is not known here either.`,
        'If Causeway will run under that name (in Docker: as the service), all is well; otherwise correct it.',
      ),
    ];
  return [
    said === 'failed'
      ? badAt(parts, ['appservice', 'url'])(
          `The homeserver does not reach us at ${appservice.url}.`,
          'Write the address that it can reach (in Docker: the name of the service), run `causeway register --force`, and restart it.',
        )
      : noteAt(parts, ['appservice', 'url'])(
          `The homeserver did not ask us at ${appservice.url} about a room of ours.`,
          'If it loaded an older registration, restart it; otherwise it is of a kind that does not ask.',
        ),
  ];
}

/**
 * `reached`: the homeserver says that we answered well. `refused`: that we refused it. `failed`: that it got no answer.
 * `asked`: nothing follows from its answer but that it did what it does.
 */
type Said = 'reached' | 'refused' | 'failed' | 'asked';

async function makeItAsk(about: {
  readonly homeserver: string;
  readonly serverName: string;
  readonly registration: Registration;
}): Promise<Said> {
  const { homeserver, serverName, registration } = about;
  const token = registration.asToken;
  const id = encodeURIComponent(registration.id);
  const ping = await ask(`${homeserver}/_matrix/client/v1/appservice/${id}/ping`, { token, post: {} }).catch(
    () => undefined,
  );
  if (ping?.status === 200) return 'reached';
  const { errcode, status } = pingError(ping);
  if (errcode === 'M_BAD_STATUS') return status === 401 || status === 403 ? 'refused' : 'failed';
  if (errcode === 'M_CONNECTION_FAILED' || errcode === 'M_CONNECTION_TIMEOUT') return 'failed';
  const alias = encodeURIComponent(`#${GHOST_PREFIX}check_${randomBytes(8).toString('hex')}:${serverName}`);
  const lookup = await ask(`${homeserver}/_matrix/client/v3/directory/room/${alias}`, { token }).catch(() => undefined);
  return lookup === undefined || lookup.status >= 500 ? 'failed' : 'asked';
}

const pingError = (ping: Answer | undefined): { errcode: unknown; status: unknown } => ({
  errcode: ping?.json?.errcode,
  status: ping?.json?.status,
});

type Heard = 'right' | 'wrong' | undefined;

/** Takes the place of the listener; undefined where that is not possible (told elsewhere). */
async function listenFor(
  listen: string,
  hsToken: string,
): Promise<{ heard(): Heard; close(): Promise<void> } | undefined> {
  let heard: Heard;
  const server = createServer((request, response) => {
    heard = heard === 'right' ? heard : (judge(request, hsToken) ?? heard);
    const isPing = heard === 'right' && request.url?.includes('/ping') === true;
    response
      .writeHead(isPing ? 200 : request.method === 'GET' ? 404 : 503, { connection: 'close' })
      .end(isPing ? '{}' : '{"errcode":"M_NOT_FOUND"}');
  });
  const { host, port } = listenAddress(listen);
  const open = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false));
    server.listen({ host, port, exclusive: true }, () => resolve(true));
  });
  if (!open) return undefined;
  return {
    heard: () => heard,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The token is in the header; only older homeservers send it in the query. Who shows none is no homeserver. */
function judge(request: IncomingMessage, hsToken: string): Heard {
  const bearer = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
  const token = bearer ?? /[?&]access_token=([^&]+)/.exec(request.url ?? '')?.[1];
  if (token === undefined) return undefined;
  const [ours, theirs] = [Buffer.from(hsToken), Buffer.from(token)];
  return ours.length === theirs.length && timingSafeEqual(ours, theirs) ? 'right' : 'wrong';
}

/** How often the running Causeway refused a wrong token since its start; undefined where it does not say. */
async function refusedSoFar(listen: string | undefined): Promise<number | undefined> {
  if (listen === undefined) return undefined;
  const page = await ask(`${baseUrl(listen)}/metrics`).catch(() => undefined);
  if (page?.status !== 200 || !page.text.includes('bridge_transactions_total')) return undefined;
  return Number(/^bridge_transactions_total\{outcome="refused"\} (\d+)/m.exec(page.text)?.[1] ?? 0);
}
