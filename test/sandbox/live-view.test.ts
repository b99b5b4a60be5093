import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { liveLine } from '../../src/sandbox/live-view.ts';

describe('what a person sees of the log', () => {
  test('is nothing of ordinary records and of what is no record', () => {
    assert.deepEqual(['{"level":"info","message":"ready"}', 'panic', 'null', '{"level":'].map(liveLine), [
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  test('is each warning, with its fields', () => {
    assert.equal(
      liveLine('{"time":"x","level":"warn","message":"the homeserver does not answer","stack":"at …","tries":3}'),
      '    ! the homeserver does not answer (tries: 3)',
    );
  });
});
