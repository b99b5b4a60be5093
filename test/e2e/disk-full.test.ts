import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeTempDir } from '../servers/temp-dir.ts';

/** Programs that give a command mounts of its own: as root, or as an ordinary user where the kernel lets one. */
const MOUNTERS = [
  ['unshare', '-m'],
  ['unshare', '-rm'],
] as const;

/**
 * Made to exit when its tests are over: Node 24.21 was once seen to go round for ever in its own clean-up of handles, behind the last
 * test (`FreeEnvironment`, `CleanupHandles`).
 */
const CHILD = join(import.meta.dirname, 'disk-full-child.ts');
/** Above the floor of free space below which a start is refused (64 MiB), with room for what is said. */
const MOUNT = 'mount -t tmpfs -o size=112m none "$CAUSEWAY_SMALL_DISK" || exit 99; exec "$@"';

function run(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<{ code: number | null; said: string }> {
  return new Promise((resolve) => {
    // Without the runner's own variables the child prints what people read.
    const { NODE_TEST_CONTEXT: _, ...inherited } = process.env;
    const child = spawn(program, args, { env: { ...inherited, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => {
        said += String(chunk);
      });
    child.once('error', (error) => resolve({ code: 99, said: error.message }));
    child.once('close', (code) => resolve({ code, said }));
  });
}

test('a disk that is full in traffic and freed costs no line, doubles none and changes no order', {
  timeout: 600_000,
}, async (t) => {
  const env = { CAUSEWAY_SMALL_DISK: makeTempDir('small-disk') };
  for (const [program, flags] of MOUNTERS) {
    const probe = await run(program, [flags, 'sh', '-c', MOUNT, 'sh', 'true'], env);
    if (probe.code !== 0) continue;
    t.diagnostic(`on a tmpfs of 112 MiB by ${program} ${flags}`);
    const child = [process.execPath, '--test-force-exit', CHILD];
    const { code, said } = await run(program, [flags, 'sh', '-c', MOUNT, 'sh', ...child], env);
    assert.equal(code, 0, said);
    for (const line of said.split('\n').filter((text) => /^\s*✔/.test(text))) t.diagnostic(line.trim());
    return;
  }
  t.diagnostic('this user may not mount: test/db/disk-full.test.ts stands in for it, by a limit of pages');
});
