import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { copyFile, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { execute, lastLines } from '../../src/sandbox/execute.ts';
import { ensureCached } from '../../src/sandbox/obtain/cache.ts';
import { CHROMIUM_FLAGS, chromiumProgram } from './chromium.ts';

const SOURCES = join(import.meta.dirname, 'element');
/** As the lockfile beside the sources has it. */
export const ELEMENT_VERSION = '3.114.0';
const FILES = ['package.json', 'package-lock.json', 'build.mjs', 'shell.jsx'] as const;
const INSTALL_MS = 300_000;
const BUILD_MS = 120_000;
/** Element fetches, stores and draws a room before it can be read, on a machine that is busy with the servers as well. */
const SHOWN_MS = 60_000;
const HINT_MS = 1_500;

/** Somebody who is logged in. */
export type Viewer = { readonly userId: string; readonly token: string };

export type ElementView = {
  readonly page: Page;
  /** Opens a room or Space and waits until its messages, or its front page, are there. */
  readonly open: (roomId: string) => Promise<void>;
  /** Waits until this is to be read somewhere on the page. */
  readonly shows: (text: string | RegExp) => Promise<void>;
  /** What the page says now, as a person reads it. */
  readonly text: () => Promise<string>;
  readonly close: () => Promise<void>;
};

/**
 * Element's real interface (of October 2024, the newest that npm has), built once into the cache. It is another project's
 * work under another licence, so it comes from a lockfile of its own and is never shipped.
 * @returns folder with `index.html`
 */
export async function elementApp(onDetail?: (text: string) => void): Promise<string> {
  const hash = createHash('sha256');
  for (const file of FILES) hash.update(await readFile(join(SOURCES, file)));
  const root = await ensureCached(`element-${hash.digest('hex').slice(0, 12)}`, async (draft) => {
    for (const file of FILES) await copyFile(join(SOURCES, file), join(draft, file));
    onDetail?.('fetching 60 MB from npm');
    const quiet = ['--legacy-peer-deps', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
    const install = await execute('npm', ['ci', ...quiet], { cwd: draft, timeoutMs: INSTALL_MS });
    if (install.code !== 0) throw new Error(`npm could not install Element's interface:\n${lastLines(install)}`);
    onDetail?.('putting the page together');
    const build = await execute(process.execPath, ['build.mjs'], { cwd: draft, timeoutMs: BUILD_MS });
    if (build.code !== 0) throw new Error(`Element's interface could not be built:\n${lastLines(build)}`);
    await rm(join(draft, 'node_modules'), { recursive: true });
  });
  return join(root, 'web');
}

/** Opens Element in a browser of its own as somebody who is logged in already. */
export async function openElement(options: {
  readonly homeserverUrl: string;
  readonly serverName: string;
  readonly viewer: Viewer;
}): Promise<ElementView> {
  const { homeserverUrl, serverName, viewer } = options;
  const [app, program] = await Promise.all([elementApp(), chromiumProgram()]);
  const server = await serve(app, {
    brand: 'Element',
    default_server_config: { 'm.homeserver': { base_url: homeserverUrl, server_name: serverName } },
    default_theme: 'light',
    disable_guests: true,
    features: { feature_bridge_state: true },
    enable_presence_by_hs_url: { [homeserverUrl]: false },
  });
  let browser: Browser | undefined;
  const close = async (): Promise<void> => {
    await browser?.close();
    await closed(server);
  };
  try {
    browser = await chromium.launch({
      executablePath: program.path,
      args: CHROMIUM_FLAGS,
      env: { ...process.env, ...program.env },
    });
    const page = await loggedIn(browser, homeserverUrl, viewer);
    const { port } = server.address() as { port: number };
    return {
      page,
      async open(roomId) {
        await page.goto(`http://127.0.0.1:${port}/#/room/${roomId}`);
        await page
          .locator('.mx_RoomView_MessageList, .mx_SpaceRoomView_landing')
          .first()
          .waitFor({ timeout: SHOWN_MS });
        // What Element tells a new session lies over the room.
        const hint = page.getByRole('button', { name: 'OK', exact: true });
        await hint.click({ timeout: HINT_MS }).catch(() => undefined);
      },
      async shows(text) {
        await page.getByText(text).first().waitFor({ timeout: SHOWN_MS });
      },
      text: () => page.locator('body').innerText(),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** A page whose storage says that this person is logged in, and whose pictures carry their token as Element's service worker would. */
async function loggedIn(browser: Browser, homeserverUrl: string, { userId, token }: Viewer): Promise<Page> {
  const bearer = { authorization: `Bearer ${token}` };
  const whoami = await fetch(`${homeserverUrl}/_matrix/client/v3/account/whoami`, { headers: bearer });
  const { device_id: device } = (await whoami.json()) as { device_id: string };
  const context = await browser.newContext({ viewport: { width: 1280, height: 860 }, locale: 'en-GB' });
  await context.addInitScript(
    (entries) => {
      for (const [key, value] of Object.entries(entries)) localStorage.setItem(key, value);
    },
    {
      mx_hs_url: homeserverUrl,
      mx_user_id: userId,
      mx_access_token: token,
      mx_has_access_token: 'true',
      mx_device_id: device,
      mx_is_guest: 'false',
    },
  );
  await context.route(/\/_matrix\/(media\/v3|client\/v1\/media)\//, async (route) => {
    const url = route.request().url().replace('/_matrix/media/v3/', '/_matrix/client/v1/media/');
    const answer = await fetch(url, { headers: bearer });
    await route.fulfill({
      status: answer.status,
      contentType: answer.headers.get('content-type') ?? 'application/octet-stream',
      headers: { 'access-control-allow-origin': '*' },
      body: Buffer.from(await answer.arrayBuffer()),
    });
  });
  return context.newPage();
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.wasm': 'application/wasm',
  '.woff2': 'font/woff2',
};

function serve(folder: string, config: object): Promise<Server> {
  const server = createServer((request, response) => {
    const path = normalize(new URL(request.url ?? '/', 'http://element').pathname);
    if (path === '/config.json') {
      response.setHeader('content-type', 'application/json').end(JSON.stringify(config));
      return;
    }
    const file = join(folder, path === '/' ? 'index.html' : path);
    response.setHeader('content-type', TYPES[extname(file)] ?? 'application/octet-stream');
    createReadStream(file)
      .on('error', () => response.writeHead(404).end())
      .pipe(response);
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

const closed = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
