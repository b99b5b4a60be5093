import { existsSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseDocument } from 'yaml';
import { NETWORK } from './cooperative.ts';

export const membersPath = (dir: string): string => join(dir, 'members.yaml');

/**
 * Writes the list of members where there is none. What is there belongs to the person who edits it.
 * @param hasPeople whether the sandbox's own people are on the homeserver
 * @returns whether it is new
 */
export async function ensureMembers(dir: string, serverName: string, hasPeople: boolean): Promise<boolean> {
  const path = membersPath(dir);
  if (existsSync(path)) return false;
  await replace(path, `${HEADER}${hasPeople ? willow(serverName) : yourself(serverName)}`);
  return true;
}

/** Changes keys of one entry and leaves everything else as it is, comments included, as somebody in an editor does. */
export async function editMember(dir: string, id: string, change: Readonly<Record<string, unknown>>): Promise<void> {
  const path = membersPath(dir);
  const document = parseDocument(await readFile(path, 'utf8'));
  const { members } = document.toJS() as { readonly members: readonly { readonly id: string }[] };
  const at = members.findIndex((member) => member.id === id);
  if (at < 0) throw new Error(`${path} has no member ${id}.`);
  for (const [key, value] of Object.entries(change)) document.setIn(['members', at, key], document.createNode(value));
  await replace(path, document.toString());
}

/** In one step, so that nobody reads half of it. */
async function replace(path: string, text: string): Promise<void> {
  await writeFile(`${path}.new`, text, { mode: 0o600 });
  await rename(`${path}.new`, path);
}

const HEADER = `# Who belongs to the sandbox's cooperative. Change something, save, and watch the sandbox: who is let into which room,
# who is put out of it, and why. This file is yours: it was written once, and only --reset writes it again.
#
#   status  active, provisional, applicant, hibernating, suspended, departed or expelled; active where it is left out
#   groups  seats: garden, bees, or {group: garden, roles: [coordinator], until: 2030-01-31}
#   roles   in the whole cooperative: council
#   matrix  their Matrix id;  irc  their account on a network
#
# Things to try: make erin active, give her a seat in garden, then suspend her; end grace's hibernation; let bob's seat end
# in a minute (until: 2030-01-31T12:00:00Z, but soon); write nonsense, and see that nobody is removed for that.
# docs/authority.md says what follows from what.

`;

const willow = (serverName: string): string => `members:
  - id: alice
    name: Alice
    matrix: "@alice:${serverName}"
    roles: [council]            # power 75 where she belongs, and the admin room
    groups: [garden, bees]

  - id: bob
    name: Bob
    matrix: "@bob:${serverName}"
    groups:
      - group: garden
        roles: [coordinator]    # power 50 in the garden's room and Space, 0 elsewhere

  - id: carol                   # in an IRC client only, known by her account there
    name: Carol
    irc: ${NETWORK}/carol
    groups: [garden]

  - id: erin
    name: Erin
    matrix: "@erin:${serverName}"
    irc: ${NETWORK}/erin
    status: applicant           # make it active: she is invited, and comes in
    groups: []

  - id: frank
    name: Frank
    matrix: "@frank:${serverName}"
    status: suspended           # out of every room, and heard nowhere, until it is active again

  - id: grace
    name: Grace
    matrix: "@grace:${serverName}"
    status: hibernating         # reads where she is, and does not speak
    groups: [garden]
`;

/** On somebody else's homeserver nobody is known to us. */
const yourself = (serverName: string): string => `members: []

# Put yourself in, instead of the line above, and save:
#
# members:
#   - id: me
#     matrix: "@YOU:${serverName}"
#     roles: [council]
#     groups: [garden, bees]
`;
