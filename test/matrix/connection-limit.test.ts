import assert from 'node:assert/strict';
import { Agent, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { describe, test } from 'node:test';
import { makeListener } from '../../src/matrix/listener.ts';
import { waitUntil } from '../servers/people.ts';
import { message, recordingLog, recordingSink } from './support.ts';

const TOKEN = 'hs-secret';

describe('a thousand who are connected and say nothing, or half a request', { timeout: 30_000 }, () => {
  test('do not keep the homeserver out, neither where it is connected nor where it comes anew', async (t) => {
    const sink = recordingSink();
    const listen = { host: '127.0.0.1', port: 0 };
    const failpoint = () => undefined;
    const listener = makeListener({ listen, hsToken: TOKEN, queryToken: false, sink, log: recordingLog(), failpoint });
    const port = await listener.listen();
    assert.ok(port.ok);
    const agents = [new Agent({ keepAlive: true, maxSockets: 1 }), new Agent()];
    const silent: Socket[] = [];
    t.after(async () => {
      for (const socket of silent) socket.destroy();
      for (const agent of agents) agent.destroy();
      await listener.close();
    });
    /** @returns the status, and whether the connection was one of before */
    const put = (agent: Agent | undefined, id: string): Promise<readonly [number | undefined, boolean]> =>
      new Promise((resolve, reject) => {
        const path = `/_matrix/app/v1/transactions/${id}`;
        const headers = { Authorization: `Bearer ${TOKEN}` };
        const outgoing = request({ host: '127.0.0.1', port: port.value, method: 'PUT', path, headers, agent });
        outgoing.on('response', (response) => {
          response.resume().on('end', () => resolve([response.statusCode, outgoing.reusedSocket]));
        });
        outgoing.on('error', reject);
        outgoing.end(JSON.stringify({ events: [message(`$${id}`)] }));
      });
    const [kept, anew] = agents;
    assert.deepEqual(await put(kept, 'a'), [200, false]);
    let there = 0;
    for (let n = 0; n < 1_000; n++) {
      const socket = connect(port.value, '127.0.0.1', () => there++);
      socket.on('error', () => {});
      if (n % 2 === 0) socket.write('PUT /_matrix/app/v1/transactions/1 HTTP/1.1\r\nHost: x\r\n');
      silent.push(socket);
    }
    await waitUntil(() => there === 1_000, { timeoutMs: 10_000 });
    assert.deepEqual(await put(anew, 'b'), [200, false]);
    assert.deepEqual(await put(kept, 'c'), [200, true]);
    await waitUntil(() => silent.filter(({ closed }) => closed).length >= 480, { timeoutMs: 10_000 });
    assert.deepEqual(sink.calls, ['push: $a', 'push: $b', 'push: $c']);
  });
});
