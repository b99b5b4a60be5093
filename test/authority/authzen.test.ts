import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import { makeDecisionPoint } from '../../src/authority/authzen/decision-point.ts';
import type { UnknownReason } from '../../src/core/authority/member.ts';
import type { DecisionPoint, DecisionQuestion } from '../../src/ports/authority.ts';
import { silentLog } from '../fakes/silent-log.ts';
import { waitUntil } from '../servers/people.ts';
import { SteppedClock } from './stepped-clock.ts';

const TOKEN = 'a-token-for-the-decision-point';
const QUESTION: DecisionQuestion = {
  subject: { iss: 'https://id.willow.example', sub: 'ada' },
  roles: ['member'],
  action: 'channel.join',
  resource: 'channel:home/#garden:nested',
};
const WELL_KNOWN = '/.well-known/authzen-configuration';

type Asked = { readonly method: string; readonly path: string; readonly token: string; readonly body: unknown };
type Answer = (response: ServerResponse, request: IncomingMessage) => void;

type Engine = { readonly url: string; readonly asked: Asked[]; readonly answers: Map<string, Answer> };

const json =
  (value: unknown): Answer =>
  (response) =>
    response.end(JSON.stringify(value));

/** A decision point that says whatever a test wants, by path. */
async function startEngine(t: TestContext): Promise<Engine> {
  const asked: Asked[] = [];
  const answers = new Map<string, Answer>();
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    const { method = '', url: path = '', headers } = request;
    asked.push({ method, path, token: headers.authorization ?? '', body: text === '' ? undefined : JSON.parse(text) });
    const answer = answers.get(path);
    if (answer === undefined) response.writeHead(404).end();
    else answer(response, request);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked, answers };
}

function makePoint(t: TestContext, url: string): DecisionPoint & { readonly clock: SteppedClock } {
  const clock = new SteppedClock();
  const point = makeDecisionPoint({ url, token: TOKEN, clock, log: silentLog });
  t.after(async () => {
    await point.close();
    clock.stop();
  });
  return { ...point, clock };
}

describe('a decision point', () => {
  test('is asked as AuthZEN says, where it says, with its token', async (t) => {
    const engine = await startEngine(t);
    engine.answers.set(WELL_KNOWN, json({ access_evaluation_endpoint: `${engine.url}/elsewhere` }));
    engine.answers.set('/elsewhere', json({ decision: true }));
    const point = makePoint(t, engine.url);
    for (let i = 0; i < 2; i++) {
      const said = await point.evaluate(QUESTION);
      assert.deepEqual(said.kind === 'found' && said.value, { allow: true });
    }
    const token = `Bearer ${TOKEN}`;
    const body = {
      subject: {
        type: 'user',
        id: 'ada',
        properties: { iss: 'https://id.willow.example', roles: ['member'], 'cerbos.roles': ['member'] },
      },
      action: { name: 'channel.join' },
      resource: { type: 'channel', id: 'home/#garden:nested' },
      context: {},
    };
    const evaluation = { method: 'POST', path: '/elsewhere', token, body };
    const discovery = { method: 'GET', path: WELL_KNOWN, token, body: undefined };
    assert.deepEqual(engine.asked, [discovery, evaluation, evaluation]);
  });

  test('is asked at the usual place where it does not say, or names another server', async (t) => {
    const engine = await startEngine(t);
    const stranger = await startEngine(t);
    engine.answers.set('/access/v1/evaluation', json({ decision: false }));
    for (const metadata of [undefined, {}, { access_evaluation_endpoint: `${stranger.url}/access/v1/evaluation` }]) {
      if (metadata !== undefined) engine.answers.set(WELL_KNOWN, json(metadata));
      const said = await makePoint(t, engine.url).evaluate(QUESTION);
      assert.deepEqual(said.kind === 'found' && said.value, { allow: false });
    }
    assert.deepEqual(stranger.asked, []);
  });

  test('is found below a path', async (t) => {
    const engine = await startEngine(t);
    engine.answers.set('/tenant/access/v1/evaluation', json({ decision: true }));
    const said = await makePoint(t, `${engine.url}/tenant`).evaluate(QUESTION);
    assert.equal(said.kind, 'found');
    assert.deepEqual(
      engine.asked.map(({ path }) => path),
      [`${WELL_KNOWN}/tenant`, '/tenant/access/v1/evaluation'],
    );
  });

  test('may say why', async (t) => {
    const engine = await startEngine(t);
    const reasons: readonly [unknown, string | undefined][] = [
      [{ reason_user: { en: 'Ask a coordinator.' } }, 'Ask a coordinator.'],
      [{ reason_admin: 'rule 7' }, 'rule 7'],
      [{ reason: 'two\r\nlines' }, 'two lines'],
      [{ reason_user: { 403: 'Insufficient privileges' } }, 'Insufficient privileges'],
      [{ reason_user: 7 }, undefined],
      ['no', undefined],
      [null, undefined],
    ];
    for (const [context, reason] of reasons) {
      engine.answers.set('/access/v1/evaluation', json({ decision: false, context }));
      const said = await makePoint(t, engine.url).evaluate(QUESTION);
      assert.deepEqual(said.kind === 'found' && said.value, { allow: false, ...(reason !== undefined && { reason }) });
    }
  });

  const odd: Readonly<Record<string, readonly [UnknownReason, Answer]>> = {
    'a word for a decision': ['malformed', json({ decision: 'true' })],
    'a number for a decision': ['malformed', json({ decision: 1 })],
    'no decision': ['malformed', json({})],
    'a list': ['malformed', json([{ decision: true }])],
    'a bare yes': ['malformed', json(true)],
    nothing: ['malformed', (response) => response.end()],
    'half of a decision': ['malformed', (response) => response.end('{"decision":tr')],
    'more than a decision needs': ['malformed', json({ decision: true, context: 'x'.repeat(100_000) })],
    'a cut': [
      'unreachable',
      (response) => response.writeHead(200, { 'content-length': 99 }).write('{', () => response.destroy()),
    ],
    'a redirect': ['malformed', (response) => response.writeHead(307, { location: '/yes' }).end()],
    'a 201 with a decision': ['malformed', (response) => response.writeHead(201).end('{"decision":true}')],
    'a 400': ['malformed', (response) => response.writeHead(400).end('{"decision":true}')],
    'a 401': ['unauthorized', (response) => response.writeHead(401).end()],
    'a 503': ['unreachable', (response) => response.writeHead(503).end()],
    silence: ['timeout', () => {}],
  };
  for (const [what, [reason, answer]] of Object.entries(odd)) {
    test(`neither allows nor refuses by ${what}`, async (t) => {
      const engine = await startEngine(t);
      engine.answers.set('/access/v1/evaluation', answer);
      engine.answers.set('/yes', json({ decision: true }));
      const point = makePoint(t, engine.url);
      const said = await point.evaluate(QUESTION);
      assert.equal(said.kind === 'unknown' && said.reason, reason, JSON.stringify(said));
      assert.equal(JSON.stringify(said).includes(TOKEN), false);
      engine.answers.set('/access/v1/evaluation', json({ decision: true }));
      assert.equal((await point.evaluate(QUESTION)).kind, 'found');
      await point.close();
      assert.equal((await point.evaluate(QUESTION)).kind, 'unknown');
      await waitUntil(() => point.clock.pending === 0, { what: 'no timer to be left' });
    });
  }
});
