import { execute } from '../../src/sandbox/execute.ts';
import { obtainDendrite } from '../../src/sandbox/obtain/dendrite.ts';
import { obtainErgo } from '../../src/sandbox/obtain/ergo.ts';
import type { Progress } from '../../src/sandbox/progress.ts';
import { cerbosProgram } from './cerbos.ts';
import { chromiumProgram } from './chromium.ts';
import { ELEMENT_VERSION, elementApp } from './element.ts';
import { inspircdProgram } from './inspircd.ts';
import { mariadbProgram } from './mariadb.ts';
import { ngircdProgram } from './ngircd.ts';
import { postgresPrograms } from './postgres.ts';
import { slapdProgram } from './slapd.ts';

type Prepared = {
  readonly path: string;
  readonly env: Readonly<Record<string, string>>;
  /** What makes it tell its version; `--version` unless told. */
  readonly versionArg?: string;
};
type Detail = (text: string) => void;

const VERSION_MS = 20_000;

/** The servers that come from PATH, Debian's packages or npm. */
const PACKAGED: Readonly<Record<string, (onDetail: Detail) => Promise<Prepared>>> = {
  InspIRCd: inspircdProgram,
  ngIRCd: ngircdProgram,
  MariaDB: mariadbProgram,
  PostgreSQL: async (onDetail) => {
    const { bin, env } = await postgresPrograms(onDetail);
    return { path: `${bin}/postgres`, env };
  },
  OpenLDAP: async (onDetail) => ({ ...(await slapdProgram(onDetail)), versionArg: '-VV' }),
  Cerbos: cerbosProgram,
  Chromium: chromiumProgram,
};

/**
 * Makes sure that every server of the tests is on this machine, so that no test waits for a download.
 * @returns what there is now: `PostgreSQL 15.12`; servers that could not be had are missing, and said
 */
export async function prepareServers(progress: Progress): Promise<string[]> {
  const there: string[] = [];
  for (const [name, obtain] of [
    ['Dendrite', obtainDendrite],
    ['Ergo', obtainErgo],
  ] as const) {
    const program = await obtain(progress);
    if (program !== undefined) there.push(`${name} ${program.version}`);
  }
  for (const [name, find] of Object.entries(PACKAGED)) {
    const step = progress.step(name);
    try {
      const program = await find(step.detail);
      const version = await versionOf(program);
      step.done(`${version}, ${program.path}`);
      there.push(`${name} ${version}`);
    } catch (error) {
      step.failed(error instanceof Error ? error.message : String(error));
    }
  }
  const step = progress.step("Element's interface");
  try {
    step.done(`matrix-react-sdk ${ELEMENT_VERSION}, ${await elementApp(step.detail)}`);
    there.push(`Element's interface (matrix-react-sdk ${ELEMENT_VERSION})`);
  } catch (error) {
    step.failed(error instanceof Error ? error.message : String(error));
  }
  return there;
}

async function versionOf({ path, env, versionArg = '--version' }: Prepared): Promise<string> {
  const run = await execute(path, [versionArg], { env, timeoutMs: VERSION_MS });
  return /\d+(?:\.\d+)+/.exec(run.stdout + run.stderr)?.[0] ?? 'of unknown version';
}
