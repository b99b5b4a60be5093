/**
 * The whole deployment, with the bridge's database on a file system of its own that this program may fill: run by
 * disk-full.test.ts in a mount namespace, in which `CAUSEWAY_SMALL_DISK` is a file system of some MiB.
 */
import assert from 'node:assert/strict';
import { closeSync, fsyncSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { waitUntil } from '../servers/people.ts';
import { type Conversation, startConversation } from './conversation.ts';
import { BROKEN_OFF } from './gestures.ts';

const disk = process.env.CAUSEWAY_SMALL_DISK ?? '';
const ballast = join(disk, 'ballast');
const MiB = 1024 * 1024;

const freeBytes = (): number => {
  const { bavail, bsize } = statfsSync(disk);
  return bavail * bsize;
};

/** Takes room until so much is left; 0: until not one byte can be written. */
function fill(leaveBytes: number): void {
  const file = openSync(ballast, 'a');
  try {
    for (let piece = 4 * MiB; piece >= 1; piece = Math.floor(piece / 4))
      while (freeBytes() - piece >= leaveBytes) writeSync(file, Buffer.alloc(piece));
    for (;;) if (leaveBytes > 0 || writeSync(file, Buffer.alloc(4096)) === 0) break;
    fsyncSync(file);
  } catch (error) {
    assert.equal((error as { code?: string }).code, 'ENOSPC');
  } finally {
    closeSync(file);
  }
}

const free = (): void => rmSync(ballast, { force: true });

type Ready = { readonly status: number; readonly text: string };
async function readiness(talk: Conversation): Promise<Ready> {
  const answer = await fetch(`http://127.0.0.1:${talk.shard.httpPort}/readyz`);
  return { status: answer.status, text: await answer.text() };
}

const onSmallDisk = (name: string): Promise<Conversation> =>
  startConversation(name, { config: { database: `sqlite:${join(disk, `${name}.db`)}` } });

/** Waits until the bridge says that the disk is in the way, and returns its words. */
const saysFull = (talk: Conversation): Promise<string> =>
  waitUntil(
    async () => {
      const { status, text } = await readiness(talk);
      return status === 503 && /disk/.test(text) ? text : undefined;
    },
    { timeoutMs: 20_000, what: 'the bridge to say that its disk is full' },
  );

const isReady = (talk: Conversation): Promise<unknown> =>
  waitUntil(async () => (await readiness(talk)).status === 200, {
    timeoutMs: 60_000,
    what: 'the bridge to be ready again',
  });

describe('the disk of the database is full while lines flow both ways, and is freed', { timeout: 600_000 }, () => {
  test('to the last byte, for ten seconds', async () => {
    const talk = await onSmallDisk('last-byte');
    await talk.through(async () => {
      fill(0);
      const words = await saysFull(talk);
      assert.match(words, /free some space/i);
      await delay(FULL_MS);
      free();
      await isReady(talk);
    });
  });

  test('twice, a little above the floor the second time', async () => {
    const talk = await onSmallDisk('twice');
    await talk.through(async () => {
      for (const leave of [0, 40 * MiB]) {
        fill(leave);
        await saysFull(talk);
        await delay(2_000);
        free();
        await isReady(talk);
        await delay(1_000);
      }
    });
  });

  test('and the bridge is killed while it is', async () => {
    const talk = await onSmallDisk('killed');
    await talk.through(
      async () => {
        fill(0);
        await saysFull(talk);
        await talk.shard.bridge.kill9();
        await delay(1_000);
        free();
        await talk.shard.restartBridge();
      },
      { allowed: BROKEN_OFF },
    );
  });
});

const FULL_MS = 10_000;
