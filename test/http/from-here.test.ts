import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { test } from 'node:test';
import { isFromHere } from '../../src/http/from-here.ts';

/** A request from one address to another, by the name that was asked for. */
const asks = (remoteAddress: string | undefined, localAddress: string, host: string): boolean =>
  isFromHere({ socket: { remoteAddress, localAddress }, headers: { host } } as IncomingMessage);

test('another machine is not this one, whatever name it asks for', () => {
  const cases: ReadonlyArray<readonly [from: string | undefined, to: string, host: string, isHere: boolean]> = [
    ['127.0.0.1', '127.0.0.1', 'localhost:9010', true],
    ['::1', '::1', '[::1]:9010', true],
    ['::ffff:127.0.0.1', '::ffff:127.0.0.1', '127.0.0.1:9010', true],
    ['10.0.0.1', '10.0.0.1', '10.0.0.1:9010', true],
    ['::ffff:10.0.0.1', '::ffff:10.0.0.1', '10.0.0.1', true],
    ['10.0.0.9', '10.0.0.1', '127.0.0.1:9010', false],
    ['10.0.0.9', '10.0.0.1', '10.0.0.1:9010', false],
    [undefined, '127.0.0.1', 'localhost', false],
    ['127.0.0.1', '127.0.0.1', 'evil.example', false],
  ];
  assert.deepEqual(
    cases.map(([from, to, host]) => asks(from, to, host)),
    cases.map(([, , , isHere]) => isHere),
  );
});
