import { join, relative } from 'node:path';
import { auditLine } from './audit-view.ts';
import { type Folder, takeFolder } from './folder.ts';
import { guide } from './guide.ts';
import { keepRunning } from './keep-running.ts';
import { liveLine } from './live-view.ts';
import { followLog } from './log-follower.ts';
import { makeProgress, type Progress } from './progress.ts';
import { SandboxRefusal } from './refusal.ts';
import { type Household, madeRooms, moveIn } from './rooms.ts';
import { type Shard, type ShardWish, startShard } from './shard.ts';

export type SandboxWish = ShardWish & { readonly dir: string; readonly reset: boolean };

/** A second signal within this time is the same Ctrl-C, passed on by npm or a shell. */
const SAME_CTRL_C_MS = 1_000;

/**
 * Brings the sandbox up and stays until it is told to stop.
 * @returns the exit code: 0 stopped in good order, 1 something broke, 2 the person has to do something first
 */
export async function runSandbox(wish: SandboxWish): Promise<number> {
  const progress = makeProgress();
  try {
    const folder = await openFolder(wish.dir, wish.reset, progress);
    return await stay(folder, wish, progress);
  } catch (error) {
    console.error(`\n${error instanceof Error ? error.message : String(error)}`);
    if (error instanceof SandboxRefusal) return 2;
    console.error(`Logs are in ${shown(wish.dir)}. Nothing of the sandbox is left running.`);
    return 1;
  }
}

/** Takes the folder, clears what a killed sandbox left there, and empties it where that is wished. */
export async function openFolder(dir: string, reset: boolean, progress: Progress): Promise<Folder> {
  const folder = takeFolder(dir);
  if ('takenBy' in folder) {
    throw new SandboxRefusal(
      `Another sandbox runs in ${shown(dir)} (process ${folder.takenBy}). Stop it with Ctrl-C there, or use another folder: --dir DIR.`,
    );
  }
  for (const { name, pid } of await folder.clearLeftovers()) {
    progress.say(`  ! Found ${name} of a sandbox that was killed (process ${pid}); ended it.`);
  }
  if (reset) {
    folder.reset();
    progress.say(`  ✔ ${shown(dir)} emptied`);
  }
  return folder;
}

const shown = (dir: string): string => {
  const short = relative(process.cwd(), dir);
  return short === '' || short.startsWith('..') ? dir : short;
};

async function stay(folder: Folder, wish: SandboxWish, progress: Progress): Promise<number> {
  progress.say(`Causeway sandbox${' '.repeat(30)}state: ${shown(wish.dir)}`);
  const end = Promise.withResolvers<number>();
  let shard: Shard | undefined;
  let signalAt = 0;
  const onSignal = (): void => {
    const now = performance.now();
    if (signalAt === 0) {
      signalAt = now;
      end.resolve(0);
    } else if (now - signalAt > SAME_CTRL_C_MS) {
      progress.say('  ✘ stopped at once');
      void shard?.kill().finally(() => process.exit(1));
    }
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
  // Nobody reads us any more: `npm start | head`.
  process.stdout.on('error', () => end.resolve(0));

  const starting = startShard(folder, wish, progress);
  // Told to stop while it starts: what started is stopped by the guardian when this process ends.
  const outcome = await Promise.race([starting, end.promise]);
  if (typeof outcome === 'number') {
    starting.catch(() => {});
    progress.say('\nStopped before everything was up.');
    process.exit(130);
  }
  shard = outcome;
  for (const server of shard.servers) keepRunning(server, progress.say, () => end.resolve(1));

  const household = await settle(shard, progress);
  progress.say(await guide(shard, wish.dir));
  const show = (view: (line: string) => string | undefined) => (line: string) => {
    const text = view(line);
    if (text !== undefined) progress.say(text);
  };
  const unfollow = [
    await followLog(join(folder.path, 'bridge.log'), show(liveLine)),
    await followLog(join(folder.path, 'audit.jsonl'), show(auditLine)),
  ];
  const code = await end.promise;
  for (const stopFollowing of unfollow) stopFollowing();
  await household?.stop();
  const step = progress.step('Stopping');
  await shard.stop();
  folder.release();
  step.done(`everything is stored in ${shown(wish.dir)}`);
  return code;
}

/** Brings the sandbox's people to where they belong. On somebody else's homeserver there are none. */
async function settle(shard: Shard, progress: Progress): Promise<Household | undefined> {
  const step = progress.step('The cooperative moves in');
  try {
    if (shard.homeserver.dendrite === undefined) await madeRooms(shard);
    const household = shard.homeserver.dendrite === undefined ? undefined : await moveIn(shard);
    step.done('its rooms are there');
    return household;
  } catch (error) {
    step.failed('not everybody is where they belong');
    throw error;
  }
}
