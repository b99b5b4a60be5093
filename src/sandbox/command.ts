import { resolve } from 'node:path';
import { parseArguments, type Run } from '../cli/command.ts';
import { runDemo } from './demo.ts';
import { runSandbox } from './sandbox.ts';

export const sandbox: Run = async (argv) => {
  const parsed = parseArguments('sandbox', argv);
  if (!parsed.ok) {
    console.error(parsed.text);
    return 2;
  }
  const { demo, reset, dir, ...flags } = parsed.flags;
  const text = (name: string): string | undefined => (flags[name] === undefined ? undefined : String(flags[name]));
  const servers = {
    dendrite: text('dendrite'),
    ergo: text('ergo'),
    homeserver: text('homeserver')?.replace(/\/+$/, ''),
    serverName: text('server-name'),
    irc: text('irc'),
  };
  if (demo !== true) return runSandbox({ ...servers, dir: resolve(String(dir)), reset: reset === true });
  if (servers.homeserver !== undefined || servers.irc !== undefined) {
    console.error('The demo talks on servers of its own: leave out --homeserver and --irc.');
    return 2;
  }
  return runDemo({ ...servers, dir: resolve(String(dir), 'demo') });
};
