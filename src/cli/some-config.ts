import { resolve } from 'node:path';
import { readBounded, substituteEnvironment } from '../config/substitute.ts';
import { isTree, type Tree } from '../config/walk.ts';
import { MAX_FILE_BYTES, readYamlTree } from '../config/yaml-tree.ts';

/** Looked for where no configuration is named: a bridge's own, then a sandbox's. */
export const USUAL_CONFIGS = ['config.yaml', '.sandbox/config.yaml'];

/** A configuration of which one key is wanted: the rest may have mistakes, and its secrets may not be at hand. */
export type SomeConfig = {
  /** As it was named. */
  readonly name: string;
  /** Absolute. */
  readonly file: string;
  /** Empty where it is not YAML. */
  readonly root: Tree;
  readonly isYaml: boolean;
};

/**
 * The configuration that is named, or the first of the usual ones that can be read; undefined where there is none of these.
 * @returns a sentence without its remedy where the named one cannot be read
 */
export async function someConfig(
  path: string | undefined,
  folder: string,
): Promise<SomeConfig | { readonly problem: string } | undefined> {
  for (const name of path === undefined ? USUAL_CONFIGS : [path]) {
    const file = resolve(folder, name);
    const read = await readBounded(file, MAX_FILE_BYTES);
    if ('wrong' in read) {
      if (path === undefined) continue;
      return { problem: `The configuration ${name} ${read.wrong}` };
    }
    const tree = readYamlTree(name, read.text);
    substituteEnvironment(tree, { env: process.env, folder }, new Set());
    return { name, file, root: isTree(tree.value) ? tree.value : {}, isYaml: !tree.broken };
  }
  return undefined;
}
