import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { helloHeader, proofHeader, readProof } from '../../src/config/command-talk.ts';
import { proofOf } from '../../src/config/proof.ts';
import { listen } from '../../src/http/http-server.ts';
import { makeOperationsApp, type OperationsParts } from '../../src/http/operations-app.ts';
import { silentLog } from '../fakes/silent-log.ts';
import { healthyReport } from './report.ts';

/** A real operations server of a healthy bridge, with these parts besides, until the test ends. @returns its port */
export async function servedOperations(
  t: TestContext,
  parts: Partial<OperationsParts> = {},
  host = '127.0.0.1',
): Promise<number> {
  const app = makeOperationsApp({
    status: { report: async () => healthyReport },
    metrics: { contentType: 'text/plain; version=0.0.4', text: async () => 'bridge_info 1\n' },
    log: silentLog,
    lateMs: () => 0,
    stopping: () => false,
    ...parts,
  });
  const server = await listen(app, { host, port: 0 });
  assert.ok(server.ok);
  t.after(() => server.value.close());
  return server.value.port;
}

/** What proves to `POST /command` that one knows the token: good once. */
export async function provenHeader(address: string, token: string): Promise<string> {
  const headers = { authorization: helloHeader('h'.repeat(24)) };
  const answer = await fetch(`http://${address}/command`, { method: 'POST', headers });
  const { nonce } = readProof(answer.headers.get('www-authenticate') ?? '') ?? { nonce: '' };
  return proofHeader(nonce, proofOf(token, 'command line', nonce));
}
