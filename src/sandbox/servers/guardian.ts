import { type ChildProcess, spawn } from 'node:child_process';

/**
 * Ends our servers when we are gone, however we went: a shell that reads `+ group` and `- group` from us and, when the
 * pipe closes (exit, crash, `kill -9`), kills the groups that are left. It is in its own session, so that a Ctrl-C in
 * our terminal does not reach it.
 */
const GUARDIAN = `
groups=" "
while read -r sign group; do
  case $sign in
    +) groups="$groups$group " ;;
    -) groups="\${groups%% $group *} \${groups#* $group }" ;;
  esac
done
for group in $groups; do kill -9 "-$group" 2>/dev/null; done
`;

let guardian: ChildProcess | undefined;

function tell(line: string): void {
  if (guardian === undefined || guardian.exitCode !== null) {
    guardian = spawn('/bin/sh', ['-c', GUARDIAN], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
    guardian.on('error', () => {});
    guardian.stdin?.on('error', () => {});
    guardian.unref();
    if (guardian.stdin !== null && 'unref' in guardian.stdin) (guardian.stdin as unknown as { unref(): void }).unref();
  }
  guardian.stdin?.write(`${line}\n`);
}

/** @param group id of a process group that must not outlive this process */
export const guard = (group: number): void => tell(`+ ${group}`);
export const unguard = (group: number): void => tell(`- ${group}`);
