import assert from 'node:assert/strict';
import { cp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type IrcUser, MatrixUser, waitUntil } from '../servers/people.ts';
import { type Shard, startShard } from './shard.ts';

const CHANNEL = '#commons';
const ALIAS = '#commons:shard.test';
const SPACE = '#willow:shard.test';

describe('a homeserver whose database is another one', () => {
  let shard: Shard;
  let rosa: IrcUser;
  let alice: MatrixUser;
  let backup: string;

  before(async () => {
    shard = await startShard('homeserver-reset', {
      channels: [CHANNEL],
      people: ['alice'],
      config: { cooperative: { name: 'Willow', space: '#willow' } },
      // The room is read again and again, until all is there.
      dendrite: { overrides: { client_api: { rate_limiting: { enabled: false } } } },
    });
    rosa = await shard.ircUser('rosa');
    alice = shard.person('alice');
  });
  after(async () => {
    await alice?.stop();
    await shard?.stop();
  });

  const isData = (file: string): boolean => /\.db(-wal|-shm)?$/.test(file) || file === 'jetstream';
  const folder = (): string => join(shard.dir, 'dendrite');
  const eachFile = async (from: string, work: (file: string) => Promise<void>): Promise<void> => {
    for (const file of await readdir(from)) if (isData(file)) await work(file);
  };
  /** Puts another database in the place of the homeserver's, which does not run; none: it begins anew. */
  const replaceData = async (backup?: string): Promise<void> => {
    await eachFile(folder(), (file) => rm(join(folder(), file), { recursive: true }));
    if (backup !== undefined)
      await eachFile(backup, (file) => cp(join(backup, file), join(folder(), file), { recursive: true }));
  };

  /** What a room holds of these lines, as often as it does. */
  const inRoom = async (room: string, lines: readonly string[]): Promise<string[]> =>
    (await alice.history(room))
      .filter(({ type }) => type === 'm.room.message')
      .flatMap(({ content }) => String(content.body).split('\n'))
      .filter((line) => lines.includes(line));
  const untilIn = (room: string, lines: readonly string[]) =>
    waitUntil(async () => (await inRoom(room, lines)).length >= lines.length, {
      timeoutMs: 20_000,
      what: `${lines.length} lines in the room`,
    });
  const onIrc = (lines: readonly string[]): string[] =>
    rosa
      .said(CHANNEL)
      .map(({ text }) => text)
      .filter((text) => lines.includes(text));
  const untilOnIrc = (lines: readonly string[]) =>
    waitUntil(() => onIrc(lines).length >= lines.length, { timeoutMs: 20_000, what: `${lines.length} lines on IRC` });

  const numbered = (what: string, count = 10): string[] => Array.from({ length: count }, (_, at) => `${what} ${at}`);
  const sayOnIrc = (who: IrcUser, lines: readonly string[]): void => {
    for (const line of lines) who.say(CHANNEL, line);
  };
  const sayOnMatrix = async (room: string, lines: readonly string[]): Promise<void> => {
    for (const line of lines) await alice.send(room, line);
  };
  /** What nobody pushes, and `/sync` alone brings. */
  const typingArrives = async (room: string): Promise<void> => {
    const from = rosa.lines.length;
    const path = `/v3/rooms/${encodeURIComponent(room)}/typing/${encodeURIComponent(alice.userId)}`;
    await alice.request('PUT', path, { typing: true, timeout: 20_000 });
    await rosa.waitFor((line) => line.tags['+typing'] === 'active', { from, what: 'typing' });
  };
  const loggedIn = () => MatrixUser.login(shard.dendrite.url, 'alice', 'alice-password');
  const words = async (): Promise<string> => JSON.stringify((await shard.status()).bridge);
  const readyz = async (): Promise<number> => (await fetch(`http://127.0.0.1:${shard.httpPort}/readyz`)).status;

  test('restored from a backup, has both sides talk on, each line once, and the bridge says what it found', async () => {
    const room = shard.room(CHANNEL);
    sayOnIrc(rosa, ['before the backup']);
    await untilIn(room, ['before the backup']);
    backup = join(shard.dir, 'backup');
    await shard.dendrite.stop();
    await cp(folder(), backup, { recursive: true });
    await shard.dendrite.start();

    const nina = await shard.ircUser('nina');
    const forgotten = numbered('forgotten');
    sayOnIrc(nina, forgotten);
    await untilIn(room, forgotten);
    const heard = numbered('heard and forgotten');
    await sayOnMatrix(room, heard);
    await untilOnIrc(heard);

    await shard.dendrite.stop();
    const waiting = numbered('waits');
    sayOnIrc(nina, waiting.slice(0, 5));
    sayOnIrc(rosa, waiting.slice(5));
    await nina.flush();
    await replaceData(backup);
    await shard.dendrite.start();

    await untilIn(room, waiting);
    const onMatrix = numbered('after');
    await sayOnMatrix(room, onMatrix);
    const onIrcNow = numbered('also after');
    sayOnIrc(nina, onIrcNow);
    await untilIn(room, onIrcNow);
    await untilOnIrc(onMatrix);
    await typingArrives(room);
    assert.deepEqual((await inRoom(room, waiting)).sort(), [...waiting].sort());
    assert.deepEqual(await inRoom(room, onIrcNow), onIrcNow);
    assert.deepEqual(await inRoom(room, forgotten), []);
    assert.deepEqual(onIrc(heard), heard);
    assert.deepEqual(onIrc(onMatrix), onMatrix);
    assert.match(await words(), /restored from a backup/);
    assert.equal(await readyz(), 200);
  });

  test('made anew, gets room and Space again, with all that waited for them, once', async () => {
    const [lost, space] = [shard.room(CHANNEL), await alice.resolveAlias(SPACE)];
    await alice.stop();
    await shard.dendrite.stop();
    const waiting = numbered('waits for a room');
    sayOnIrc(rosa, waiting);
    await rosa.flush();
    await replaceData();
    await shard.dendrite.start();
    await shard.dendrite.register('alice', 'alice-password');
    alice = await loggedIn();
    const room = await waitUntil(() => alice.join(ALIAS).catch(() => undefined), {
      timeoutMs: 20_000,
      what: 'the room',
    });
    assert.notEqual(room, lost);
    await untilIn(room, waiting);
    const onMatrix = numbered('in the new room');
    await sayOnMatrix(room, onMatrix);
    await untilOnIrc(onMatrix);
    await typingArrives(room);
    assert.deepEqual(await inRoom(room, waiting), waiting);
    assert.deepEqual(onIrc(onMatrix), onMatrix);

    const newSpace = await waitUntil(
      () =>
        alice.resolveAlias(SPACE).then(
          (id) => id !== space && id,
          () => undefined,
        ),
      { timeoutMs: 20_000, what: 'the Space' },
    );
    const bot = shard.bot();
    await waitUntil(() => bot.state(newSpace, 'm.space.child', room).catch(() => undefined), {
      timeoutMs: 20_000,
      what: 'the room in its Space',
    });
    await waitUntil(async () => (await readyz()) === 200, { what: 'the bridge to be ready' });
  });

  test('put right again while the bridge was away, has the room of before, and what was on its way since', async () => {
    const room = shard.room(CHANNEL);
    await shard.dendrite.stop();
    const waiting = numbered('waits for the old room');
    sayOnIrc(rosa, waiting);
    await waitUntil(async () => queued(await shard.status()) >= waiting.length, { what: 'the lines to be stored' });
    await shard.bridge.kill9();
    await replaceData(backup);
    await shard.dendrite.start();
    alice = await loggedIn();
    await shard.restartBridge();
    await untilIn(room, waiting);
    const onMatrix = numbered('in the old room');
    await sayOnMatrix(room, onMatrix);
    await untilOnIrc(onMatrix);
    assert.equal(await alice.resolveAlias(ALIAS), room);
    assert.deepEqual(await inRoom(room, waiting), waiting);
    assert.deepEqual(onIrc(onMatrix), onMatrix);
  });
});

const queued = (status: Record<string, unknown>): number =>
  (status.portals as { readonly queuedToMatrix: number }[]).reduce(
    (sum, { queuedToMatrix }) => sum + queuedToMatrix,
    0,
  );
