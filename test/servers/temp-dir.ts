import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atExit } from '../../src/sandbox/at-exit.ts';

/** A folder of this process's own; removed when it ends, unless `CAUSEWAY_KEEP=1` asks to look at it afterwards. */
export function makeTempDir(name: string): string {
  const dir = mkdtempSync(join(tmpdir(), `causeway-${name}-`));
  if (process.env.CAUSEWAY_KEEP !== '1') {
    atExit(() => rmSync(dir, { recursive: true, force: true, maxRetries: 2 }));
  }
  return dir;
}
