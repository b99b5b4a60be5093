import { dirname, resolve } from 'node:path';
import { authoritySchema } from '../config/schema-authority.ts';
import { isTree } from '../config/walk.ts';
import { someConfig } from './some-config.ts';

/**
 * Where a configuration puts the audit log, also where the rest of it has mistakes or its secrets are not at hand.
 * @param path of the configuration; undefined: the usual places
 * @returns a sentence where nothing says it
 */
export async function auditPath(
  path: string | undefined,
  folder: string,
): Promise<{ readonly path: string } | { readonly problem: string }> {
  const found = await someConfig(path, folder);
  if (found === undefined) return { problem: `There is no config.yaml here. ${REMEDY}` };
  if ('problem' in found) return { problem: `${found.problem} ${REMEDY}` };
  const { name, file, root, isYaml } = found;
  if (!isYaml) return { problem: `${name} is not YAML; \`causeway check\` says where. ${REMEDY}` };
  const authority = isTree(root.authority) ? root.authority : {};
  const audit = authoritySchema.shape.audit.safeParse(authority.audit);
  if (audit.success) return { path: resolve(dirname(file), audit.data) };
  return { problem: `authority.audit of ${name} is no path. Correct it, or name the log with --file.` };
}

const REMEDY = 'Name the right one with --config, or the log itself with --file.';
