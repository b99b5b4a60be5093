import { z } from 'zod';

/** What the sample, the documentation and the error messages say about one key of the configuration. */
export type KeyDoc = {
  /** What the key decides, as one or more sentences. */
  readonly text: string;
  /** Completes "Write …": the form of a right value. Absent where the type alone says it. */
  readonly form?: string;
  /** The value that `config.sample.yaml` shows, as YAML. Absent: the default. */
  readonly example?: string;
  /** Whether a SIGHUP applies a change; otherwise a restart does. */
  readonly reload?: boolean;
  /** A key `x` with `secret` has a sibling `xFile`, a file to read it from. Its value is never printed. */
  readonly secret?: boolean;
  /** A file or folder; a relative one starts at the configuration's folder. `read`: it has to be there at the load. */
  readonly path?: 'read' | 'write';
  /** `live` stands in the sample as it is, `comment` (the default) behind a `#`, `hide` not at all. */
  readonly sample?: 'live' | 'comment' | 'hide';
};

const docs = z.registry<KeyDoc>();

/** Attaches its documentation to a key's schema. Outermost, since zod's wrappers do not inherit it. */
export function key<T extends z.ZodType>(schema: T, doc: KeyDoc): T {
  docs.add(schema, doc);
  return schema;
}

/** The documentation of a key's schema, from {@link key}; undefined for elements of lists and the root. */
export const docOf = (schema: z.core.$ZodType): KeyDoc | undefined => docs.get(schema as z.ZodType);

/** How a value out of the environment is written in the configuration. */
export const env = (name: string): string => `\${${name}}`;

/** A path that may be left out. */
export const file = () => z.string().min(1).max(4096).optional();

/** The sibling `xFile` of a secret `x`. */
export const secretFile = (of: string, reload = false) =>
  key(file(), {
    text: `File that holds \`${of}\`, instead of writing it here.`,
    form: 'a path',
    path: 'read',
    sample: 'hide',
    reload,
  });

/** Read-only all the way down. The loader freezes what it gives, so that nobody can change it under somebody else. */
export type DeepReadonly<T> = T extends readonly (infer E)[]
  ? readonly DeepReadonly<E>[]
  : T extends object
    ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
    : T;
