import { dirname, join } from 'node:path';
import { answers } from './probe.ts';
import { type ServerProcess, startServer } from './server-process.ts';

const CLI = join(import.meta.dirname, '..', '..', 'cli.ts');

export type BridgeOptions = {
  /** Path of `config.yaml`; the log goes beside it, to `bridge.log`. */
  readonly config: string;
  /** Port of `http.listen` in that configuration, asked whether lines can pass. */
  readonly httpPort: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly readyWithinMs?: number;
  /** Path of the answer that counts as ready; `/readyz` unless told. */
  readonly readyPath?: string;
  readonly onStarted?: (pid: number) => void;
};

/** Starts Causeway itself, as `causeway run` does, and resolves when lines can pass. */
export function startBridge(options: BridgeOptions): Promise<ServerProcess> {
  return startServer({
    name: 'Causeway',
    command: process.execPath,
    args: [
      '--disable-warning=ExperimentalWarning',
      '--disable-warning=DEP0060',
      CLI,
      'run',
      '--config',
      options.config,
    ],
    cwd: dirname(options.config),
    ...(options.env === undefined ? {} : { env: options.env }),
    ...(options.onStarted === undefined ? {} : { onStarted: options.onStarted }),
    logFile: join(dirname(options.config), 'bridge.log'),
    readyWithinMs: options.readyWithinMs ?? 30_000,
    isReady: () => answers(`http://127.0.0.1:${options.httpPort}${options.readyPath ?? '/readyz'}`),
  });
}
