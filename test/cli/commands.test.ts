import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { describe, mock, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { check } from '../../src/cli/check.ts';
import { helpOf, parseArguments, type Run } from '../../src/cli/command.ts';
import { register } from '../../src/cli/register.ts';
import { CHALLENGE_HEADER, PROOF_HEADER, proofOf } from '../../src/config/proof.ts';
import { makeSigningKey, startJwksServer } from '../authority/keys/jwks-server.ts';
import { goodConfig, goodRegistration, inFolder } from '../config/fixture.ts';

/** The commands as a person meets them: their words and their exit codes. */

type Ran = { readonly code: number; readonly out: string; readonly err: string };

/** A process of its own. */
const causeway = (...args: string[]): Promise<Ran> =>
  new Promise((resolve) => {
    const cli = fileURLToPath(new URL('../../src/cli.ts', import.meta.url));
    execFile(process.execPath, [cli, ...args], { timeout: 30_000 }, (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code), out, err });
    });
  });

/** The command in this process, on the configuration in a folder, which its words call `/here`. */
async function run(command: Run, folder: string, ...args: string[]): Promise<Ran> {
  const [log, error] = [mock.method(console, 'log', () => {}), mock.method(console, 'error', () => {})];
  try {
    const code = await command(['--config', join(folder, 'config.yaml'), ...args]);
    const [out = '', err = ''] = [log, error].map((method) =>
      method.mock.calls
        .map(({ arguments: [text] }) => `${text}\n`)
        .join('')
        .replaceAll(`${folder}/`, '/here/'),
    );
    return { code, out, err };
  } finally {
    log.mock.restore();
    error.mock.restore();
  }
}

async function listening<S extends Server | HttpServer>(server: S): Promise<{ port: number } & AsyncDisposable> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = (): Promise<void> => new Promise((resolve) => server.close(() => resolve()));
  return { port: (server.address() as AddressInfo).port, [Symbol.asyncDispose]: close };
}

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  await using server = await listening(createServer());
  return server.port;
}

describe('causeway', () => {
  test('without a command lists what there is', async () => {
    const { code, out } = await causeway();
    assert.equal(code, 2);
    for (const name of ['register', 'check', 'sample']) assert.match(out, new RegExp(`^ {2}${name} `, 'm'));
  });

  test('with a slip asks what was meant', async () => {
    assert.deepEqual(await causeway('chekc'), {
      code: 2,
      out: '',
      err: 'causeway has no command "chekc". Did you mean check? `causeway help` lists them.\n',
    });
    assert.deepEqual(parseArguments('check', ['--confg', 'x']), {
      ok: false,
      text: 'causeway check has no option --confg. Did you mean --config? `causeway check --help` lists what it takes.',
    });
  });

  test('lists in two parts what it does by itself and what the running bridge is asked', async () => {
    const { out } = await causeway('help');
    const [own = '', asked = ''] = out.split('Asked of the running bridge');
    const names = (text: string): string[] => [...text.matchAll(/^ {2}([a-z]+) /gm)].map(([, name = '']) => name);
    assert.deepEqual(names(own), ['run', 'sandbox', 'register', 'check', 'audit', 'sample']);
    assert.deepEqual(
      ['whois', 'names', 'explain', 'confirm', 'nick', 'optout'].map((name) => names(asked).includes(name)),
      [true, true, true, true, false, false],
    );
  });

  test('says where a command belongs that is about whoever says it', async () => {
    assert.deepEqual(await causeway('optout'), {
      code: 2,
      out: '',
      err: 'Say this in a room of the bridge on Matrix, or in a private message to the bot on a network. It is about whoever says it there.\n',
    });
  });

  test('knows what commands of the authority were called before', async () => {
    assert.deepEqual(await causeway('authority', 'explain', '--help'), await causeway('help', 'explain'));
  });

  test('explains each command to a person', () => {
    assert.match(helpOf('register'), /^Usage: causeway register /);
    assert.match(helpOf('register'), /^ {2}-c, --config FILE {2}the configuration/m);
    assert.match(helpOf('register'), /^ {2}-h, --help {9}this text$/m);
  });
});

describe('causeway register', () => {
  test('writes a registration and says what the homeserver needs, and keeps it the second time', () =>
    inFolder(async (folder) => {
      await writeFile(join(folder, 'config.yaml'), goodConfig);
      const first = await run(register, folder);
      assert.deepEqual({ code: first.code, err: first.err }, { code: 0, err: '' });
      assert.match(first.out, / {4}app_service_api:\n {6}config_files:\n {8}- \/here\/registration\.yaml\n/);
      assert.match(first.out, / {4}causeway check --config \/here\/config\.yaml\n/);
      assert.equal((await stat(join(folder, 'registration.yaml'))).mode & 0o777, 0o600);
      const written = await readFile(join(folder, 'registration.yaml'), 'utf8');
      for (const [, token = ''] of written.matchAll(/_token: '?([0-9a-f]+)/g)) assert.ok(!first.out.includes(token));
      assert.deepEqual(await run(register, folder), {
        code: 2,
        out: '',
        err: '/here/registration.yaml is there already, and the homeserver may know its tokens. Add --force to replace them, and restart the homeserver then.\nNothing was written.\n',
      });
      assert.equal(await readFile(join(folder, 'registration.yaml'), 'utf8'), written);
      assert.equal((await run(register, folder, '--force')).code, 0);
      assert.notEqual(await readFile(join(folder, 'registration.yaml'), 'utf8'), written);
    }));

  test('writes nothing for a configuration with mistakes', () =>
    inFolder(async (folder) => {
      await writeFile(join(folder, 'config.yaml'), goodConfig.replace('willow.example', 'Willow'));
      assert.deepEqual(await run(register, folder), {
        code: 2,
        out: '',
        err: '/here/config.yaml:3:15: homeserver.serverName is "Willow". Write the name alone, lower case, such as willow.example.\nNothing was written.\n',
      });
      assert.equal(await stat(join(folder, 'registration.yaml')).catch(() => 'none'), 'none');
    }));
});

describe('causeway check', () => {
  type Homeserver = {
    readonly versions?: number;
    readonly whoami?: readonly [status: number, body: object];
    /** The hs_token that it shows when it asks us, as Dendrite does, about an alias; none: it cannot reach us. */
    readonly shows?: string;
    /** It has the ping of Matrix 1.7, and answers it so. */
    readonly ping?: readonly [status: number, body: object];
    /** It asks nobody. */
    readonly mute?: true;
  };
  const ourToken = '2'.repeat(64);
  const homeserver = (
    {
      versions = 200,
      whoami = [200, { user_id: '@_causeway_bot:willow.example' }],
      shows = ourToken,
      ping,
      mute,
    }: Homeserver,
    appservice: () => number,
  ): HttpServer =>
    createHttpServer(async (request, response) => {
      const say = (status: number, body: object): unknown => response.writeHead(status).end(JSON.stringify(body));
      const alias = /^\/_matrix\/client\/v3\/directory\/room\/([^/]+)$/.exec(request.url ?? '')?.[1];
      if (request.url === '/_matrix/client/versions') say(versions, { versions: ['v1.2'] });
      else if (
        request.url?.startsWith('/_matrix/client/v3/account/whoami') &&
        request.headers.authorization === `Bearer ${'1'.repeat(64)}`
      )
        say(...whoami);
      else if (request.url === '/_matrix/client/v1/appservice/causeway/ping' && ping !== undefined) say(...ping);
      else if (alias !== undefined && mute === undefined) {
        const headers = { authorization: `Bearer ${shows}` };
        const asked = await fetch(`http://127.0.0.1:${appservice()}/_matrix/app/v1/rooms/${alias}`, { headers }).catch(
          () => undefined,
        );
        await asked?.text();
        say(asked === undefined ? 500 : 404, {});
      } else say(404, {});
    });
  const irc = (line: string): Server =>
    createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => socket.write(line));
    });

  async function tryOut(
    servers: { homeserver?: Homeserver; irc?: string },
    change: (config: string) => string = (config) => config,
  ): Promise<Ran & { ports: Record<string, number> }> {
    const appservice = { port: await freePort() };
    await using matrix = await listening(homeserver(servers.homeserver ?? {}, () => appservice.port));
    await using network = await listening(irc(servers.irc ?? ':irc.test CAP * LS :sasl\r\n'));
    const ports = { hs: matrix.port, irc: network.port, as: appservice.port, http: await freePort() };
    const us = `http://127.0.0.1:${ports.as}`;
    const config = change(
      `${goodConfig.replace('8008', String(ports.hs)).replace('6667', String(ports.irc))}appservice: {listen: "127.0.0.1:${ports.as}", url: "${us}"}\nhttp: {listen: "127.0.0.1:${ports.http}"}\n`,
    );
    const url = /url: "([^"]+)"/.exec(config)?.[1] ?? 'http://127.0.0.1:9009';
    appservice.port = Number(new URL(url).port);
    return await inFolder(async (folder) => {
      await writeFile(join(folder, 'config.yaml'), config);
      await writeFile(
        join(folder, 'members.yaml'),
        'members:\n  - {id: ada, name: Ada, matrix: "@ada:willow.example"}\n',
      );
      await writeFile(join(folder, 'spoiled.yaml'), 'members:\n  - {name: Ada}\n');
      const registration = (text: string): string => text.replace('http://127.0.0.1:9009', url);
      await writeFile(join(folder, 'registration.yaml'), goodRegistration(registration));
      const { code, out, err } = await run(check, folder);
      const named = (text: string): string =>
        Object.entries(ports).reduce((t, [name, port]) => t.replaceAll(`:${port}`, `:<${name}>`), text);
      return { code, out: named(out), err: named(err), ports };
    });
  }

  test('tells what works, changes nothing and exits with 0', async () => {
    const { code, out, err } = await tryOut({});
    assert.deepEqual({ code, err }, { code: 0, err: '' });
    assert.equal(
      out,
      `✔ configuration  /here/config.yaml: 1 channel on 1 network
✔ homeserver     http://127.0.0.1:<hs> answers
✔ token          the homeserver knows us as @_causeway_bot:willow.example
✔ token          the homeserver reaches us at http://127.0.0.1:<as>, with the right hs_token
✔ listen         127.0.0.1:<as> is free (appservice.listen)
✔ listen         127.0.0.1:<http> is free (http.listen)
✔ database       /here/data/causeway.db will be made
✔ network        home: 127.0.0.1:<irc> answers

Worth knowing:
/here/config.yaml:1:1: Nobody is asked who is a member: everybody on the homeserver and on the networks is let in.
/here/config.yaml:11:7: People on the networks are told of pictures and files, and get no links to them. Set http.publicUrl, and let a reverse proxy pass it on to http.publicListen; docs/media.md says how.

A start will work.
`,
    );
  });

  const cases: readonly (readonly [string, Parameters<typeof tryOut>[0], string])[] = [
    [
      'a homeserver that does not know the token',
      { homeserver: { whoami: [401, { errcode: 'M_UNKNOWN_TOKEN' }] } },
      '/here/config.yaml:10:1: The homeserver does not know our as_token: it has not loaded the registration, or an old copy. Add /here/registration.yaml under app_service_api.config_files in dendrite.yaml and restart Dendrite.',
    ],
    [
      'a homeserver that shows another token',
      { homeserver: { shows: '3'.repeat(64) } },
      '/here/config.yaml:10:1: The homeserver shows another hs_token than the registration has: it has loaded an old copy. Give it /here/registration.yaml (app_service_api.config_files in dendrite.yaml), and restart it.',
    ],
    [
      'a homeserver that says that we refused its ping',
      { homeserver: { ping: [502, { errcode: 'M_BAD_STATUS', status: 403 }] } },
      '/here/config.yaml:10:1: The homeserver shows another hs_token than the registration has: it has loaded an old copy. Give it /here/registration.yaml (app_service_api.config_files in dendrite.yaml), and restart it.',
    ],
    [
      'a homeserver that says that it does not reach us',
      { homeserver: { ping: [504, { errcode: 'M_CONNECTION_TIMEOUT' }] } },
      '/here/config.yaml:10:46: The homeserver does not reach us at http://127.0.0.1:<as>. Write the address that it can reach (in Docker: the name of the service), run `causeway register --force`, and restart it.',
    ],
    [
      'a homeserver of another name',
      { homeserver: { whoami: [200, { user_id: '@_causeway_bot:oak.example' }] } },
      '/here/config.yaml:3:15: The homeserver calls itself "oak.example", and serverName is willow.example. Write its name, then run `causeway register --force` and restart the homeserver.',
    ],
    [
      'a web server that is no homeserver',
      { homeserver: { versions: 404 } },
      '/here/config.yaml:2:8: http://127.0.0.1:<hs> answers, but not as a homeserver (status 404 for /_matrix/client/versions). Correct the address: it is the one that clients use, without /_matrix.',
    ],
    [
      'an IRC server that turns us away, with its words made harmless',
      { irc: 'ERROR :Closing Link: \x1b[31mthrottled\r\n' },
      '/here/config.yaml:6:13: 127.0.0.1:<irc> turns us away: "Closing Link: ?[31mthrottled". Ask its operators; too many connections in a short time are a usual reason.',
    ],
  ];
  for (const [name, servers, expected] of cases) {
    test(`tells of ${name}`, async () => {
      const { code, err } = await tryOut(servers);
      assert.deepEqual({ code, err }, { code: 2, err: `\n${expected}\n\n✘ 1 problem. Nothing was changed.\n` });
    });
  }

  test('tells of a homeserver that asks at an address where nobody listens', async () => {
    const nobody = await freePort();
    const { code, err } = await tryOut({}, (config) =>
      config.replace(/url: "[^"]+"/, `url: "http://127.0.0.1:${nobody}"`),
    );
    assert.deepEqual(
      { code, err },
      {
        code: 2,
        err: `\n/here/config.yaml:10:46: The homeserver does not reach us at http://127.0.0.1:${nobody}. Write the address that it can reach (in Docker: the name of the service), run \`causeway register --force\`, and restart it.\n\n✘ 1 problem. Nothing was changed.\n`,
      },
    );
  });

  test('reads the list of members, and tells what is wrong with it', async () => {
    const by = (path: string) => (config: string) => `${config}authority: {source: file, path: ${path}}\n`;
    const right = await tryOut({}, by('members.yaml'));
    assert.equal(right.code, 0);
    assert.match(right.out, /✔ authority {6}\/here\/members\.yaml names 1 person\n/);
    for (const path of ['spoiled.yaml', 'missing.yaml']) {
      const wrong = await tryOut({}, by(path));
      assert.equal(wrong.code, 2);
      assert.match(wrong.err, new RegExp(`config\\.yaml:12:33: [^]*${path}[^]* docs/authority-file\\.md shows how`));
    }
  });

  test('says in a process of its own what is wrong with the list of members', () =>
    inFolder(async (folder) => {
      const path = join(folder, 'config.yaml');
      await writeFile(path, `${goodConfig}authority: {source: file, path: missing.yaml}\n`);
      const { code, err } = await causeway('check', '--config', path);
      assert.equal(code, 2);
      assert.match(err, /config\.yaml:\d+:33: [\s\S]*missing\.yaml[\s\S]* docs\/authority-file\.md shows how/);
    }));

  test('tells of certificates that cannot be used', async () => {
    const sasl = 'sasl: {mechanism: external, user: x, certFile: members.yaml, keyFile: members.yaml}';
    const { code, err } = await tryOut(
      {},
      (config) =>
        `${config.replace('bot: {nick: causeway}', `bot: {nick: causeway, ${sasl}}`)}authority: {source: ldap, ldap: {url: "ldaps://127.0.0.1:1", base: "dc=x", caFile: members.yaml}}\n`,
    );
    assert.equal(code, 2);
    assert.match(
      err,
      /config\.yaml:\d+:\d+: The certificate \/here\/members\.yaml with the key [\s\S]* cannot be used: /,
    );
    assert.match(
      err,
      /config\.yaml:\d+:\d+: The file \/here\/members\.yaml \(authority\.ldap\.caFile\) has no certificate/,
    );
  });

  test('reads the keys of pushed events, without which a start works all the same', async () => {
    const issuer = await startJwksServer(await makeSigningKey('a'));
    const by = (url: string) => (config: string) =>
      `${config}authority: {source: file, path: members.yaml, events: {issuer: x, audience: y, jwksUrl: "${url}"}}\n`;
    const right = await tryOut({}, by(issuer.url));
    await issuer.close();
    const wrong = await tryOut({}, by(issuer.url));
    assert.deepEqual([right.code, wrong.code], [0, 0]);
    assert.match(right.out, /✔ events .* has 1 key\n/);
    assert.match(wrong.out, /config\.yaml:12:\d+: The key set cannot be reached: .* no pushed event is taken/);
  });

  test('leaves a name open that only the machine has where Causeway will run', async () => {
    const { code, out } = await tryOut({ homeserver: { ping: [502, { errcode: 'M_CONNECTION_FAILED' }] } }, (config) =>
      config.replace(/url: "[^"]+"/, 'url: "http://causeway.invalid:9009"'),
    );
    assert.equal(code, 0);
    assert.match(
      out,
      /10:46: The homeserver does not reach us at http:\/\/causeway\.invalid:9009, a name that is not known/,
    );
  });

  test('tries where pages behind links shall answer', async () => {
    const port = await freePort();
    const { code, out } = await tryOut({}, (config) =>
      config.replace(
        'http: {',
        `http: {publicUrl: "https://bridge.willow.example", publicListen: "127.0.0.1:${port}", `,
      ),
    );
    assert.equal(code, 0);
    assert.match(out, new RegExp(`127\\.0\\.0\\.1:${port} is free \\(http\\.publicListen\\)`));
    assert.doesNotMatch(out, /get no links/);
  });

  test('says where a homeserver asks nobody, which stops no start', async () => {
    const { code, out } = await tryOut({ homeserver: { mute: true } });
    assert.equal(code, 0);
    assert.match(
      out,
      /10:46: The homeserver did not ask us at http:\/\/127\.0\.0\.1:<as> about a room of ours\. .*\n(.*\n)?\nA start will work\.\n$/,
    );
  });

  test('tells mistakes in the file and troubles outside together', async () => {
    const spoil = (config: string): string =>
      config.replace('nick: causeway', 'nik: causeway').replace(/port: \d+, tls: false/, 'port: 1, tls: false');
    const { code, err } = await tryOut({ homeserver: { versions: 500 } }, spoil);
    assert.equal(code, 2);
    assert.equal(
      err,
      `
/here/config.yaml:2:8: http://127.0.0.1:<hs> answers, but not as a homeserver (status 500 for /_matrix/client/versions). Correct the address: it is the one that clients use, without /_matrix.
/here/config.yaml:6:13: No IRC server at 127.0.0.1:1: nothing listens there. Start it, or correct host and port. In Docker, use the name of the service, not localhost.
/here/config.yaml:7:11: networks[0].bot has no key nik. Did you mean nick?

✘ 3 problems. Nothing was changed.
`,
    );
  });

  /** A bridge that runs: it answers its hs_token only, proves to know it, and counts whom it refused. */
  const bridge = (token: string): HttpServer => {
    let refused = 0;
    return createHttpServer((request, response) => {
      if (request.url === '/metrics')
        return response.end(
          `bridge_transactions_total{outcome="stored"} 5\nbridge_transactions_total{outcome="refused"} ${refused}\n`,
        );
      const challenge = request.headers[CHALLENGE_HEADER];
      if (typeof challenge === 'string')
        return response.writeHead(403, { [PROOF_HEADER]: proofOf(token, 'appservice', challenge) }).end('{}');
      const known = request.url === '/healthz' || request.headers.authorization === `Bearer ${token}`;
      if (!known) refused++;
      return response.writeHead(!known ? 403 : request.url?.includes('/rooms/') === true ? 404 : 200).end('{}');
    });
  };
  const at = (port: number) => (config: string) =>
    config.replace(/appservice: .*/, `appservice: {listen: "127.0.0.1:${port}", url: "http://127.0.0.1:${port}"}`);

  test('tells a port that another program uses from one that Causeway answers on', async () => {
    await using running = await listening(bridge(ourToken));
    await using operations = await listening(bridge(ourToken));
    const use = (config: string): string =>
      at(running.port)(config).replace(/http: .*/, `http: {listen: "127.0.0.1:${operations.port}"}`);
    const { code, out, err } = await tryOut({}, use);
    assert.deepEqual({ code, err }, { code: 0, err: '' });
    for (const line of [
      `✔ listen         127.0.0.1:${running.port} is answered by Causeway, which is running (appservice.listen)`,
      `✔ listen         127.0.0.1:${operations.port} is answered by Causeway, which is running (http.listen)`,
      `✔ token          the homeserver reaches us at http://127.0.0.1:${running.port}, with the right hs_token`,
      'Causeway is running, and all that it needs is there.',
    ])
      assert.ok(out.includes(`${line}\n`), `${line}\n\nin\n\n${out}`);
  });

  test('shows no token to a program that took the port, whatever it answers', async () => {
    const heard: string[] = [];
    const answers = [(echo: string) => echo, () => proofOf('3'.repeat(64), 'appservice', 'x'.repeat(24)), () => ''];
    for (const answer of answers) {
      await using strange = await listening(
        createHttpServer((request, response) => {
          heard.push(`${request.url} ${JSON.stringify(request.headers)}`);
          const proof = answer(String(request.headers[CHALLENGE_HEADER] ?? ''));
          response.writeHead(200, { [PROOF_HEADER]: proof }).end('{}');
        }),
      );
      const { err } = await tryOut({}, at(strange.port));
      assert.match(err, new RegExp(`127\\.0\\.0\\.1:${strange.port} is used by another program\\.`));
    }
    assert.ok(heard.length >= answers.length);
    for (const one of heard) assert.doesNotMatch(one, new RegExp(`${ourToken}|${'1'.repeat(64)}`));
  });

  test('tells of an old copy in the homeserver also while Causeway runs', async () => {
    const page = bridge(ourToken);
    await using running = await listening(page);
    await using operations = await listening(
      createHttpServer(async (request, response) => {
        const answer = await fetch(`http://127.0.0.1:${running.port}${request.url}`);
        response.writeHead(answer.status).end(await answer.text());
      }),
    );
    const { code, err } = await tryOut({ homeserver: { shows: '3'.repeat(64) } }, (config) =>
      at(running.port)(config).replace(/http: .*/, `http: {listen: "127.0.0.1:${operations.port}"}`),
    );
    assert.equal(code, 2);
    assert.match(err, /The homeserver shows another hs_token than the registration has: it has loaded an old copy\./);
  });

  test('takes no words, and says so in its own', () => {
    const words = (...argv: string[]): string => {
      const parsed = parseArguments('check', argv);
      return parsed.ok ? 'taken' : parsed.text.replace(' `causeway check --help` lists what it takes.', '');
    };
    assert.deepEqual(
      [words('extra'), words('config'), words('a\nb'), words('--config'), words('-x'), words('--help=1')],
      [
        'causeway check takes no word "extra".',
        'causeway check takes no word "config". Did you mean --config FILE?',
        'causeway check takes no word "a\\nb".',
        '--config needs a value: --config FILE.',
        'causeway check has no option -x.',
        'causeway check has no option --help.',
      ],
    );
  });
});
