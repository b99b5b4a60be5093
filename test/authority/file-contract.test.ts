import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFileAuthority } from '../../src/authority/file/file-authority.ts';
import { recordingLog } from '../matrix/support.ts';
import { makeTempDir } from '../servers/temp-dir.ts';
import { authorityContract, type Person, type World, type WorldParts } from './contract.ts';

const entry = ({ sub, name, status, matrix, irc, groups, roles }: Person): object => ({
  id: sub,
  name,
  status,
  matrix,
  irc,
  roles,
  groups,
});

type Writing = { readonly name: string; readonly save: (path: string, text: string) => Promise<void> };

const WRITINGS: readonly Writing[] = [
  { name: 'in place', save: (path, text) => writeFile(path, text) },
  {
    name: 'by renaming',
    save: async (path, text) => {
      await writeFile(`${path}~`, text);
      await rename(`${path}~`, path);
    },
  },
];

async function makeWorld({ clock, statuses, roles }: WorldParts, { save }: Writing): Promise<World> {
  const path = join(makeTempDir('members'), 'members.yaml');
  const own = { issuer: 'willow.example', homeserver: 'willow.example' };
  const authority = makeFileAuthority({ path, ...own, statuses, roles, clock, log: recordingLog() });
  let text = '';
  const write = (next: string) => () => save(path, next);
  const whole = async (): Promise<void> => {
    await rm(path, { force: true, recursive: true });
    await save(path, text);
  };
  return {
    authority,
    issuer: 'willow.example',
    secrets: [],
    write: (people) => {
      text = `${JSON.stringify({ members: people.map(entry) }, null, 1)}\n`;
      return save(path, text);
    },
    faults: {
      missing: { strike: () => rm(path), mend: whole, reasons: ['unreachable'] },
      malformed: { strike: write('members: {ada: yes\n'), mend: whole, reasons: ['malformed'] },
      truncated: { strike: () => save(path, text.slice(0, text.length / 2)), mend: whole, reasons: ['malformed'] },
      'a folder': {
        strike: () => rm(path).then(() => mkdir(path)),
        mend: whole,
        reasons: ['malformed'],
      },
      binary: { strike: write('\u0000\u0001\u0002members'), mend: whole, reasons: ['malformed'] },
    },
    end: async () => {},
  };
}

for (const writing of WRITINGS) {
  authorityContract(`of a file written ${writing.name}`, (parts) => makeWorld(parts, writing), {
    faults: ['missing', 'malformed', 'truncated', 'a folder', 'binary'],
  });
}
