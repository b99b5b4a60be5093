import { dirname, resolve } from 'node:path';
import { authoritySchema } from '../config/schema-authority.ts';
import { readBounded, substituteEnvironment } from '../config/substitute.ts';
import { isTree } from '../config/walk.ts';
import { MAX_FILE_BYTES, readYamlTree } from '../config/yaml-tree.ts';

/** Looked for where no configuration is named: a bridge's own, then a sandbox's. */
const USUAL_CONFIGS = ['config.yaml', '.sandbox/config.yaml'];

/**
 * Where a configuration puts the audit log, also where the rest of it has mistakes or its secrets are not at hand.
 * @param path of the configuration; undefined: the usual places
 * @returns a sentence where nothing says it
 */
export async function auditPath(
  path: string | undefined,
  folder: string,
): Promise<{ readonly path: string } | { readonly problem: string }> {
  for (const candidate of path === undefined ? USUAL_CONFIGS : [path]) {
    const file = resolve(folder, candidate);
    const read = await readBounded(file, MAX_FILE_BYTES);
    if ('wrong' in read) {
      if (path === undefined) continue;
      return { problem: `The configuration ${candidate} ${read.wrong} ${REMEDY}` };
    }
    const tree = readYamlTree(candidate, read.text);
    substituteEnvironment(tree, { env: process.env, folder: dirname(file) }, new Set());
    const root = isTree(tree.value) ? tree.value : {};
    const authority = isTree(root.authority) ? root.authority : {};
    const audit = authoritySchema.shape.audit.safeParse(authority.audit);
    if (audit.success) return { path: resolve(dirname(file), audit.data) };
    return { problem: `authority.audit of ${candidate} is no path. Correct it, or name the log with --file.` };
  }
  return { problem: `There is no config.yaml here. ${REMEDY}` };
}

const REMEDY = 'Name the right one with --config, or the log itself with --file.';
