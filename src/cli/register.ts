import { existsSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { loadWithoutRegistration } from '../config/load.ts';
import { formatProblems } from '../config/problem.ts';
import { makeRegistration, renderRegistration } from '../config/registration/registration.ts';
import { randomToken, writeRegistration } from '../config/registration/registration-write.ts';
import { parseArguments, type Run } from './command.ts';

export const register: Run = async (argv) => {
  const parsed = parseArguments('register', argv);
  if (!parsed.ok) {
    console.error(parsed.text);
    return 2;
  }
  const loaded = await loadWithoutRegistration(String(parsed.flags.config));
  if (!loaded.ok) {
    console.error(`${formatProblems(loaded.problems)}\nNothing was written.`);
    return 2;
  }
  const { homeserver, appservice } = loaded.config;
  const file = makeRegistration({ serverName: homeserver.serverName, url: appservice.url, randomToken });
  const written = await writeRegistration(appservice.registration, renderRegistration(file), {
    force: parsed.flags.force === true,
  });
  if (!written.ok) {
    console.error(`${written.text}\nNothing was written.`);
    return written.why === 'exists' ? 2 : 1;
  }
  console.log(nextSteps(appservice.registration, homeserver.serverName, String(parsed.flags.config)));
  return 0;
};

/** What has to happen for the registration to work, ready to copy. */
function nextSteps(path: string, serverName: string, config: string): string {
  const configFlag = config === 'config.yaml' ? '' : ` --config ${config}`;
  const shown = relative(process.cwd(), path);
  // The repository tracks a sample of this name.
  const clone = existsSync(join(dirname(path), '.git'));
  const secret = clone ? `Keep it out of your commits: git update-index --skip-worktree ${shown}\n` : '';
  return `Wrote ${shown.startsWith('..') ? path : shown}: fresh tokens, and the names @_causeway_…:${serverName} and #_causeway_…:${serverName}.
Only its owner may read it. The homeserver needs it too: give both users a common group (chmod 640), or copy it.
${secret}
Next, in dendrite.yaml:

    app_service_api:
      config_files:
        - ${path}

(Synapse: app_service_config_files: [${path}] in homeserver.yaml.)

Then restart the homeserver, which reads the file only when it starts, and try everything with

    causeway check${configFlag}
`;
}
