import { type Attribute, attributeNamed, attributesOf, type ResourceKind, splitSchema } from './attributes.ts';
import { isTree, type Tree } from './resource.ts';

/** Where in a resource: `userName`, `name.familyName`, `urn:coop:causeway:1.0:User:matrix`. */
export type AttributePath = {
  /** Id of the extension, where it lies in one. */
  readonly extension?: string;
  readonly attribute: Attribute;
  readonly part?: Attribute;
};

/** @returns undefined for what no schema of the kind has */
export function toAttributePath(kind: ResourceKind, text: string): AttributePath | undefined {
  const { schema = kind.schema, rest } = splitSchema(kind, text);
  const extension = schema === kind.schema ? undefined : schema;
  const [name = '', part, ...more] = rest.split('.');
  const attribute = attributeNamed(name, extension?.attributes ?? attributesOf(kind));
  if (attribute === undefined || more.length > 0) return undefined;
  const path = extension === undefined ? { attribute } : { extension: extension.id, attribute };
  if (part === undefined) return path;
  const inner = attributeNamed(part, attribute.parts ?? []);
  return inner === undefined ? undefined : { ...path, part: inner };
}

/** Which elements of a multi-valued attribute count where none of its parts is named. */
export const leafOf = ({ attribute, part }: AttributePath): Attribute =>
  part ?? attributeNamed('value', attribute.parts ?? []) ?? attribute;

/** What stands there: nothing, one, or many values; of complex elements their part, or `value`. */
export function valuesAt(tree: Tree, path: AttributePath): readonly unknown[] {
  const holder = path.extension === undefined ? tree : tree[path.extension];
  const found = isTree(holder) ? holder[path.attribute.name] : undefined;
  const elements = Array.isArray(found) ? found : [found];
  const leaf = leafOf(path);
  return elements
    .map((element) => (isTree(element) && leaf !== path.attribute ? element[leaf.name] : element))
    .filter((value) => value !== undefined && value !== null);
}
