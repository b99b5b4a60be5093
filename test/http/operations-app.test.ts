import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import { unreadyReasons } from '../../src/http/health.ts';
import { listen } from '../../src/http/http-server.ts';
import type { OperationsParts } from '../../src/http/operations-app.ts';
import type { StatusReport } from '../../src/ports/status.ts';
import { silentLog } from '../fakes/silent-log.ts';
import { servedOperations } from './operations.ts';
import { healthyAuthority, healthyReport } from './report.ts';

/** A served app on a free port; `get` gives status and text of an answer. */
async function served(t: TestContext, parts: Partial<OperationsParts> = {}) {
  const port = await servedOperations(t, parts);
  const url = `http://127.0.0.1:${port}`;
  return {
    port,
    fetch: (path: string, init?: RequestInit) => fetch(url + path, init),
    get: async (path: string): Promise<[number, string]> => {
      const response = await fetch(url + path);
      return [response.status, await response.text()];
    },
  };
}

const reporting = (report: StatusReport): Partial<OperationsParts> => ({ status: { report: async () => report } });

describe('The operations server', () => {
  test('says that a healthy bridge is alive and ready, and how it stands', async (t) => {
    const { get } = await served(t);
    assert.deepEqual(await get('/healthz'), [200, 'Alive.\n']);
    assert.deepEqual(await get('/readyz'), [200, 'Ready.\n']);
    assert.deepEqual(await get('/metrics'), [200, 'bridge_info 1\n']);
    const [status, body] = await get('/status');
    assert.deepEqual([status, JSON.parse(body)], [200, healthyReport]);
  });

  test('gives each reason why lines cannot pass', async (t) => {
    const { bridge, homeserver, database, networks } = healthyReport;
    const [home] = networks;
    assert.ok(home !== undefined);
    const { get } = await served(t, {
      ...reporting({
        ...healthyReport,
        bridge: { ...bridge, problems: ['The homeserver does not know the room !a:x of #commons any more.'] },
        homeserver: { ...homeserver, reachable: false, problem: 'No answer from http://127.0.0.1:8008.' },
        database: { ...database, healthy: false },
        networks: [home, { ...home, id: 'far', state: 'refused', problem: 'The password is wrong.' }],
      }),
      stopping: () => true,
    });
    assert.deepEqual(await get('/readyz'), [
      503,
      [
        'Causeway is stopping.',
        'The homeserver does not know the room !a:x of #commons any more.',
        'No answer from http://127.0.0.1:8008.',
        'The database takes no commits.',
        'Network far is refused: The password is wrong.',
        '',
      ].join('\n'),
    ]);
    assert.deepEqual(await get('/healthz'), [200, 'Alive.\n']);
  });

  test('is ready although one link is broken', async (t) => {
    const portals = healthyReport.portals.map((portal) => ({ ...portal, state: 'broken' as const }));
    const { get } = await served(t, reporting({ ...healthyReport, portals }));
    assert.deepEqual(await get('/readyz'), [200, 'Ready.\n']);
  });

  test('is not alive when its loop turns far too late', async (t) => {
    const { get } = await served(t, { lateMs: () => 6000.4 });
    assert.deepEqual(await get('/healthz'), [503, 'Alive, but the event loop turned 6000 ms late.\n']);
  });

  test('says what there is where there is nothing, and takes no orders', async (t) => {
    const { get, fetch } = await served(t);
    const nothing = 'There is nothing here. What there is: /healthz /readyz /status /metrics\n';
    for (const path of ['/nothing', '/STATUS', '/status/..%2f', '/__proto__'])
      assert.deepEqual(await get(path), [404, nothing], path);
    assert.deepEqual(await get('/%ff'), [404, nothing]);
    const post = await fetch('/status', { method: 'POST', body: 'x' });
    assert.deepEqual([post.status, post.headers.get('allow')], [405, 'GET, HEAD']);
  });

  test('tells browsers to keep out, and nobody what it is made with', async (t) => {
    const { fetch } = await served(t);
    for (const path of ['/status', '/nothing']) {
      const { headers } = await fetch(path);
      assert.equal(headers.get('x-content-type-options'), 'nosniff');
      assert.equal(headers.get('content-security-policy'), "default-src 'none'; frame-ancestors 'none'");
      assert.equal(headers.get('cache-control'), 'no-store');
      assert.equal(headers.get('x-powered-by'), null);
      assert.equal(headers.get('access-control-allow-origin'), null);
    }
  });

  test('answers in time when the state cannot be found out, and makes one report for all who ask', async (t) => {
    let asked = 0;
    const { get } = await served(t, {
      status: {
        report: () => {
          asked++;
          return new Promise<never>(() => {});
        },
      },
      reportTimeoutMs: 50,
    });
    const late = 'The state could not be found out within 50 ms; the database may be stuck. The log says more.\n';
    const answers = await Promise.all([get('/readyz'), get('/status'), get('/readyz')]);
    assert.deepEqual(answers, Array(3).fill([503, late]));
    assert.equal(asked, 1);
    assert.deepEqual(await get('/healthz'), [200, 'Alive.\n']);
  });

  test('survives a page that fails, and says nothing of the inside', async (t) => {
    const logged: unknown[] = [];
    const { get } = await served(t, {
      metrics: { contentType: 'text/plain', text: () => Promise.reject(new Error('inner secret')) },
      log: { ...silentLog, error: (message, fields) => logged.push([message, fields?.error]) },
    });
    assert.deepEqual(await get('/metrics'), [500, 'This page failed; the log says more.\n']);
    assert.deepEqual(logged, [['A page of the operations server failed; the bridge goes on.', 'inner secret']]);
  });

  test('survives what is not HTTP', async (t) => {
    const { port, get } = await served(t);
    for (const bytes of ['\r\n\r\n', 'GET\0/ HTTP/9', `GET / HTTP/1.1\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`]) {
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => {});
      socket.end(bytes);
      socket.resume();
      await new Promise((resolve) => socket.once('close', resolve));
    }
    assert.deepEqual(await get('/healthz'), [200, 'Alive.\n']);
  });
});

describe('a probe among slow clients', { timeout: 30_000 }, () => {
  const slow: Readonly<Record<string, string>> = {
    'who say nothing': '',
    'who say half a request': 'GET /healthz HTTP/1.1\r\nHost: x\r\n',
    'who send half a body':
      'POST /visit HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{',
    'who do not read what they asked for': 'GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n',
  };
  for (const [who, bytes] of Object.entries(slow))
    test(`is answered beside two hundred ${who}`, async (t) => {
      const metrics = { contentType: 'text/plain', text: async () => 'x'.repeat(200_000) };
      const visit = { visit: () => Promise.reject(new Error('nobody is to be asked')) };
      const { port } = await served(t, { metrics, visit });
      const sockets = Array.from({ length: 200 }, () => connect(port, '127.0.0.1').pause());
      t.after(() => {
        for (const socket of sockets) socket.destroy();
      });
      const there = sockets.map((socket) => {
        socket.on('error', () => {});
        if (bytes !== '') socket.write(bytes);
        return new Promise<void>((resolve) => socket.once('connect', resolve));
      });
      await Promise.all(there);
      for (const path of ['/healthz', '/readyz']) {
        const signal = AbortSignal.timeout(10_000);
        const answer = await fetch(`http://127.0.0.1:${port}${path}`, { signal, headers: { connection: 'close' } });
        assert.deepEqual([answer.status, path], [200, path]);
      }
    });
});

describe('Listening', () => {
  test('on a taken port is refused in a sentence', async (t) => {
    const { port } = await served(t);
    const second = await listen(() => {}, { host: '127.0.0.1', port });
    assert.deepEqual(second, {
      ok: false,
      error: {
        code: 'http-listen',
        text: `Cannot listen on 127.0.0.1:${port} for health and status: another program listens there. Is Causeway running already? Else give \`http.listen\` another port in config.yaml.`,
        retry: 'later',
        notify: 'log',
      },
    });
  });

  test('ends although somebody keeps a request open', { timeout: 5000 }, async () => {
    const server = await listen(() => {}, { host: '127.0.0.1', port: 0 });
    assert.ok(server.ok);
    const hanging = fetch(`http://127.0.0.1:${server.value.port}/`).catch((error: Error) => error.message);
    const idle = connect(server.value.port, '127.0.0.1').on('error', () => {});
    await new Promise((resolve) => idle.once('connect', resolve));
    await Promise.all([server.value.close(), server.value.close()]);
    assert.equal(await hanging, 'fetch failed');
    idle.destroy();
  });
});

test('The bridge is ready once the authority has spoken, and stays so while it is away', () => {
  const reasons = (different: object): readonly string[] =>
    unreadyReasons({ ...healthyReport, authority: { ...healthyAuthority, ...different } }, false);
  assert.deepEqual(
    [
      reasons({}),
      reasons({ state: 'stale', problem: 'It does not answer.' }),
      reasons({ state: 'unknown', asOfMs: null }),
      reasons({ state: 'unknown', asOfMs: null, problem: 'members.yaml is not there.' }),
    ],
    [[], [], ['The authority (file ./members.yaml) has not said yet who is a member.'], ['members.yaml is not there.']],
  );
});
