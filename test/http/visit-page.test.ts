import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { VisitAnswer } from '../../src/ports/visit.ts';
import { servedOperations } from './operations.ts';

const GRANT = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

async function served(t: TestContext, answer?: VisitAnswer) {
  const heard: string[] = [];
  const port = await servedOperations(t, {
    ...(answer === undefined
      ? {}
      : {
          visit: {
            visit: async (assertion: string) => {
              heard.push(assertion);
              return answer;
            },
          },
        }),
  });
  const post = async (body: string, type = 'application/x-www-form-urlencoded', method = 'POST') => {
    const url = `http://127.0.0.1:${port}/visit`;
    const answered = await fetch(url, {
      method,
      headers: { 'content-type': type },
      ...(method === 'GET' ? {} : { body }),
    });
    const text = await answered.text();
    return { status: answered.status, text };
  };
  const form = (fields: Record<string, string>) => post(new URLSearchParams(fields).toString());
  return { heard, post, form };
}

const ADMITTED: VisitAnswer = {
  kind: 'admitted',
  agreement: 'willow-elm',
  userId: '@vera:elm.example',
  untilMs: Date.parse('2027-01-01T10:00:00Z'),
  rooms: ['#commons'],
};

describe('Where visitors present an assertion', () => {
  test('a form or JSON lets in, and says for how long and where', async (t) => {
    const { heard, post, form } = await served(t, ADMITTED);
    const answer = {
      agreement: 'willow-elm',
      matrix: '@vera:elm.example',
      until: '2027-01-01T10:00:00.000Z',
      rooms: ['#commons'],
    };
    for (const { status, text } of [
      await form({ grant_type: GRANT, assertion: 'a.b.c' }),
      await post(JSON.stringify({ assertion: 'a.b.c' }), 'application/json'),
    ])
      assert.deepEqual([status, JSON.parse(text)], [200, answer]);
    assert.deepEqual(heard, ['a.b.c', 'a.b.c']);
  });

  test('a refusal says why in the words of OAuth, and that nobody knows is no refusal', async (t) => {
    const no = await served(t, { kind: 'refused', code: 'audience', text: 'It was made for another shard.' });
    const refused = await no.form({ grant_type: GRANT, assertion: 'a.b.c' });
    assert.deepEqual(
      [refused.status, JSON.parse(refused.text)],
      [400, { error: 'invalid_grant', error_description: 'It was made for another shard.' }],
    );
    const dark = await served(t, { kind: 'unknown', text: 'Nobody can be let in now.' });
    const unknown = await dark.form({ grant_type: GRANT, assertion: 'a.b.c' });
    assert.deepEqual([unknown.status, JSON.parse(unknown.text).error], [503, 'temporarily_unavailable']);
  });

  test('nothing else is heard, and nothing long', async (t) => {
    const { heard, post, form } = await served(t, ADMITTED);
    const answers = [
      await form({ assertion: 'a.b.c' }),
      await form({ grant_type: 'password', assertion: 'a.b.c' }),
      await form({ grant_type: GRANT }),
      await post(JSON.stringify({ assertion: ['a'] }), 'application/json'),
      await post('a.b.c', 'text/plain'),
      await post('{', 'application/json'),
      await form({ grant_type: GRANT, assertion: 'x'.repeat(20_000) }),
    ];
    assert.deepEqual(
      answers.map(({ status }) => status),
      answers.map(() => 400),
    );
    assert.equal((await post('', 'text/plain', 'GET')).status, 405);
    assert.deepEqual(heard, []);
  });

  test('is not there without agreements', async (t) => {
    const { form } = await served(t);
    assert.equal((await form({ grant_type: GRANT, assertion: 'a.b.c' })).status, 405);
  });
});
