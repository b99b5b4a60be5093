import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { editMember, membersPath } from '../../src/sandbox/members-file.ts';
import { type ProcessRecord, recordOf } from '../../src/sandbox/process-record.ts';
import { guard, unguard } from '../../src/sandbox/servers/guardian.ts';
import type { State } from '../../src/sandbox/state.ts';
import { IrcUser, MatrixUser, waitUntil } from './people.ts';
import { makeTempDir } from './temp-dir.ts';

const BIN = join(import.meta.dirname, '..', '..', 'bin', 'causeway.mjs');
const UP_MS = 120_000;
/** Much more than it takes: other tests keep this machine busy. */
const FOLLOWS_MS = 30_000;

type Run = { readonly child: ChildProcess; readonly output: () => string; readonly ended: () => Promise<number> };

/** `causeway …` as somebody runs it outside a terminal, in a process group that does not outlive this test. */
function causeway(...args: string[]): Run {
  const child = spawn(process.execPath, [BIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const pid = child.pid ?? 0;
  guard(pid);
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (text += String(chunk)));
  child.once('exit', () => unguard(pid));
  return {
    child,
    output: () => text,
    ended: () =>
      waitUntil(() => child.exitCode ?? undefined, { timeoutMs: UP_MS, what: `the end of causeway ${args.join(' ')}` }),
  };
}

const isUp = (run: Run): Promise<boolean> =>
  waitUntil(
    () => {
      assert.equal(run.child.exitCode, null, run.output());
      return run.output().includes('Ctrl-C');
    },
    { timeoutMs: UP_MS, what: 'the sandbox to be up' },
  );

const stateOf = (dir: string): State => JSON.parse(readFileSync(join(dir, 'state.json'), 'utf8')) as State;
/** As the version before the cooperative left it. */
function makeEarlier(dir: string): void {
  const { ircPeople: _people, onIrc: _known, ...earlier } = stateOf(dir);
  writeFileSync(join(dir, 'state.json'), JSON.stringify(earlier));
}
const serversOf = (dir: string): ProcessRecord[] =>
  ['causeway', 'ergo', 'dendrite'].map(
    (name) => JSON.parse(readFileSync(join(dir, 'processes', `${name}.json`), 'utf8')) as ProcessRecord,
  );
const leftOf = (records: readonly ProcessRecord[]): ProcessRecord[] =>
  records.filter(({ pid }) => recordOf(pid) !== undefined);

async function alice(dir: string): Promise<MatrixUser> {
  const { ports, people } = stateOf(dir);
  const password = people.find(({ name }) => name === 'alice')?.password ?? '';
  return MatrixUser.login(`http://127.0.0.1:${ports.homeserver}`, 'alice', password);
}

describe('the sandbox', () => {
  test('lets people talk and follows its list of members, stops at Ctrl-C, and goes on with the same rooms, list and history', async () => {
    const dir = makeTempDir('sandbox');
    const first = causeway('sandbox', '--dir', dir);
    await isUp(first);
    const member = await alice(dir);
    await member.startSync();
    const room = await member.resolveAlias('#commons:localhost');
    const guest = await IrcUser.connect({ port: stateOf(dir).ports.irc, nick: 'guest', channels: ['#commons'] });
    guest.say('#commons', 'good morning');
    await member.waitFor((event) => event.content.body === 'good morning');
    await waitUntil(() => first.output().includes('guest: good morning'), { what: 'the line in the live view' });

    const second = causeway('sandbox', '--dir', dir);
    assert.equal(await second.ended(), 2);
    assert.match(second.output(), /Another sandbox runs in/);

    await editMember(dir, 'erin', { status: 'active' });
    await waitUntil(() => first.output().includes('erin is invited: You are an active member'), {
      timeoutMs: FOLLOWS_MS,
      what: 'an admission',
    });
    const members = await member.resolveAlias('#members:localhost');
    const joined = async (): Promise<readonly string[]> => [...(await member.members(members)).keys()];
    await waitUntil(async () => (await joined()).includes('@erin:localhost'), {
      timeoutMs: FOLLOWS_MS,
      what: 'erin to come in',
    });
    await editMember(dir, 'erin', { status: 'suspended' });
    const why = 'erin is put out: Your membership is suspended';
    await waitUntil(() => first.output().includes(`← #members  ${why}`), { timeoutMs: FOLLOWS_MS, what: 'a removal' });
    assert.equal((await joined()).includes('@erin:localhost'), false);
    const list = readFileSync(membersPath(dir), 'utf8');

    const servers = serversOf(dir);
    await member.stop();
    first.child.kill('SIGINT');
    assert.equal(await first.ended(), 0, first.output());
    assert.deepEqual(leftOf(servers), []);

    makeEarlier(dir);
    const again = causeway('sandbox', '--dir', dir);
    await isUp(again);
    assert.equal(readFileSync(membersPath(dir), 'utf8'), list);
    const returned = await alice(dir);
    assert.equal(await returned.resolveAlias('#commons:localhost'), room);
    const bodies = (await returned.history(room)).map((event) => event.content.body);
    assert.ok(bodies.includes('good morning'));
    again.child.kill('SIGTERM');
    assert.equal(await again.ended(), 0, again.output());
  });

  test('is found after a kill -9 of everything, and begins anew when asked', async () => {
    const dir = makeTempDir('sandbox');
    const first = causeway('sandbox', '--dir', dir);
    await isUp(first);
    const room = await (await alice(dir)).resolveAlias('#commons:localhost');
    const servers = serversOf(dir);
    process.kill(-(first.child.pid ?? 0), 'SIGKILL');
    // Ended by the guardian, though nobody was there to ask for it.
    await waitUntil(() => leftOf(servers).length === 0, { what: 'the end of the servers' });

    const again = causeway('sandbox', '--dir', dir, '--reset');
    await isUp(again);
    assert.notEqual(await (await alice(dir)).resolveAlias('#commons:localhost'), room);
    again.child.kill('SIGINT');
    assert.equal(await again.ended(), 0, again.output());
  });

  test('shows in a demo that each line arrives once and in order and that members decide, and leaves nothing behind', async () => {
    const dir = makeTempDir('sandbox');
    const demo = causeway('start', '--demo', '--dir', dir);
    const code = await waitUntil(() => demo.child.exitCode ?? undefined, { timeoutMs: 240_000, what: 'the demo' });
    assert.equal(code, 0, demo.output());
    assert.match(demo.output(), /Each line arrived once, and in order\./);
    assert.match(demo.output(), /Rooms, powers and relaying followed the list of members\./);
    assert.deepEqual(leftOf(serversOf(join(dir, 'demo'))), []);
  });
});
