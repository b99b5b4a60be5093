import { type AttributePath, leafOf, toAttributePath, valuesAt } from './attribute-path.ts';
import type { Attribute, ResourceKind } from './attributes.ts';
import { bad, quote, type Refusal, type ScimType } from './refusal.ts';
import { isTree, type Tree } from './resource.ts';

/** A filter that was read: whether a resource, or an element of a list, fits. */
export type Filter = {
  readonly fits: (tree: Tree) => boolean;
  /** What `eq` and `and` demand, by the name of the attribute: how an element has to be made to fit. */
  readonly demands: Tree;
};

const MAX_LENGTH = 8_192;
const MAX_DEPTH = 16;
const MAX_TERMS = 200;

type Value = string | number | boolean | null;

const TOKEN = /\s*(?:([()[\]])|("(?:[^"\\]|\\.)*")|([^\s()[\]"]+))/y;

/** Names in a filter: those of a resource, or of one element of a list. */
export type Names = (text: string) => AttributePath | undefined;

export const namesOf =
  (kind: ResourceKind): Names =>
  (text) =>
    toAttributePath(kind, text);

export const namesWithin =
  (attribute: Attribute): Names =>
  (text) => {
    const part = attribute.parts?.find(({ name }) => name.toLowerCase() === text.toLowerCase());
    return part === undefined ? undefined : { attribute: part };
  };

/**
 * RFC 7644 §3.4.2.2. `not` binds before `and`, `and` before `or`. An attribute that no schema has is one without values.
 * @throws Refusal `invalidFilter`, for what is none and for what is too long or too deep
 */
export function parseFilter(text: string, names: Names): Filter {
  if (text.length > MAX_LENGTH) throw bad('invalidFilter', `The filter is longer than ${MAX_LENGTH} characters.`);
  return new Reader(tokensOf(text, 'invalidFilter'), names).whole();
}

/** `members[value eq "2819c223"].display`: the name, the filter in brackets and the part behind it. */
export function splitValuePath(text: string): { name: string; filter?: string; part?: string } | undefined {
  const open = text.indexOf('[');
  if (open < 0) return { name: text };
  const close = text.lastIndexOf(']');
  const behind = text.slice(close + 1);
  if (close < open || !/^(\.[A-Za-z$][\w$-]*)?$/.test(behind)) return undefined;
  const part = behind.slice(1);
  return { name: text.slice(0, open), filter: text.slice(open + 1, close), ...(part !== '' && { part }) };
}

function tokensOf(text: string, scimType: ScimType): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (text.slice(TOKEN.lastIndex).trim() !== '') {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (match === null) throw bad(scimType, `The filter cannot be read from ${quote(text.slice(at))} on.`);
    tokens.push(match[1] ?? match[2] ?? match[3] ?? '');
  }
  return tokens;
}

class Reader {
  readonly #tokens: readonly string[];
  #names: Names;
  #at = 0;
  #depth = 0;
  #terms = 0;

  constructor(tokens: readonly string[], names: Names) {
    this.#tokens = tokens;
    this.#names = names;
  }

  whole(): Filter {
    const filter = this.#or();
    if (this.#at < this.#tokens.length) throw this.#wrong();
    return filter;
  }

  #or(): Filter {
    const filters = [this.#and()];
    while (this.#takes('or')) filters.push(this.#and());
    const [only] = filters;
    if (filters.length === 1 && only !== undefined) return only;
    return { fits: (tree) => filters.some(({ fits }) => fits(tree)), demands: {} };
  }

  #and(): Filter {
    const filters = [this.#term()];
    while (this.#takes('and')) filters.push(this.#term());
    return {
      fits: (tree) => filters.every(({ fits }) => fits(tree)),
      demands: Object.assign({}, ...filters.map(({ demands }) => demands)),
    };
  }

  #term(): Filter {
    if (++this.#terms > MAX_TERMS) throw bad('invalidFilter', `The filter has more than ${MAX_TERMS} terms.`);
    if (this.#takes('not')) {
      if (this.#tokens[this.#at] !== '(') throw this.#wrong();
      const { fits } = this.#term();
      return { fits: (tree) => !fits(tree), demands: {} };
    }
    if (this.#takes('(')) return this.#within(')');
    const word = this.#next();
    if (/^["()[\]]/.test(word)) throw this.#wrong();
    const path = this.#names(word);
    if (this.#takes('[')) return this.#elements(path);
    return this.#comparison(path);
  }

  #within(end: string): Filter {
    if (++this.#depth > MAX_DEPTH) throw bad('invalidFilter', `The filter is nested more than ${MAX_DEPTH} deep.`);
    const filter = this.#or();
    if (!this.#takes(end)) throw this.#wrong();
    this.#depth--;
    return filter;
  }

  /** `emails[type eq "work"]` */
  #elements(path: AttributePath | undefined): Filter {
    const outer = this.#names;
    this.#names = path === undefined ? () => undefined : namesWithin(path.attribute);
    const { fits } = this.#within(']');
    this.#names = outer;
    if (path === undefined) return { fits: () => false, demands: {} };
    return {
      fits: (tree) => {
        const holder = path.extension === undefined ? tree : tree[path.extension];
        const found = isTree(holder) ? holder[path.attribute.name] : undefined;
        return (Array.isArray(found) ? found : [found]).some((element) => isTree(element) && fits(element));
      },
      demands: {},
    };
  }

  #comparison(path: AttributePath | undefined): Filter {
    const operator = this.#next().toLowerCase();
    if (operator === 'pr')
      return { fits: (tree) => path !== undefined && valuesAt(tree, path).length > 0, demands: {} };
    const compare = Object.hasOwn(COMPARISONS, operator) ? COMPARISONS[operator] : undefined;
    if (compare === undefined) throw bad('invalidFilter', `The filter has no operator ${quote(operator)}.`);
    const wanted = this.#value();
    if (path === undefined) return { fits: () => operator === 'ne', demands: {} };
    const fold = foldFor(leafOf(path));
    const right = fold(wanted);
    return {
      fits: (tree) =>
        compare(
          valuesAt(tree, path).map((value) => fold(value as Value)),
          right,
        ),
      demands: operator === 'eq' && path.part === undefined ? { [path.attribute.name]: wanted } : {},
    };
  }

  #value(): Value {
    const token = this.#next();
    try {
      const value: unknown = JSON.parse(token);
      if (value === null || ['string', 'number', 'boolean'].includes(typeof value)) return value as Value;
    } catch {
      // Entra writes True, some write names without quotes.
      if (/^(true|false)$/i.test(token)) return token.toLowerCase() === 'true';
    }
    throw bad('invalidFilter', `${quote(token)} is no value to compare with; texts stand in double quotes.`);
  }

  #takes(token: string): boolean {
    if (this.#tokens[this.#at]?.toLowerCase() !== token) return false;
    this.#at++;
    return true;
  }

  #next(): string {
    const token = this.#tokens[this.#at];
    if (token === undefined) throw this.#wrong();
    this.#at++;
    return token;
  }

  #wrong(): Refusal {
    const token = this.#tokens[this.#at];
    return bad(
      'invalidFilter',
      token === undefined ? 'The filter ends too early.' : `${quote(token)} is out of place.`,
    );
  }
}

type Compare = (values: readonly Value[], wanted: Value) => boolean;

const texts =
  (test: (value: string, wanted: string) => boolean): Compare =>
  (values, wanted) => {
    if (typeof wanted !== 'string') throw bad('invalidFilter', `${quote(wanted)} is no text.`);
    return values.some((value) => typeof value === 'string' && test(value, wanted));
  };
const isEqual: Compare = (values, wanted) => (wanted === null ? values.length === 0 : values.includes(wanted));
const inOrder =
  (test: (value: string | number, wanted: string | number) => boolean): Compare =>
  (values, wanted) => {
    if (typeof wanted !== 'string' && typeof wanted !== 'number')
      throw bad('invalidFilter', `${quote(wanted)} has no order.`);
    return values.some((value) => (typeof value === 'string' || typeof value === 'number') && test(value, wanted));
  };

const COMPARISONS: Readonly<Record<string, Compare>> = {
  eq: isEqual,
  ne: (values, wanted) => !isEqual(values, wanted),
  co: texts((value, wanted) => value.includes(wanted)),
  sw: texts((value, wanted) => value.startsWith(wanted)),
  ew: texts((value, wanted) => value.endsWith(wanted)),
  gt: inOrder((value, wanted) => value > wanted),
  ge: inOrder((value, wanted) => value >= wanted),
  lt: inOrder((value, wanted) => value < wanted),
  le: inOrder((value, wanted) => value <= wanted),
};

/** Makes values of an attribute comparable. */
function foldFor({ type, caseExact }: Attribute): (value: Value) => Value {
  if (type === 'boolean')
    return (value) =>
      typeof value === 'string' && /^(true|false)$/i.test(value) ? value.toLowerCase() === 'true' : value;
  return (value) => (typeof value === 'string' && caseExact !== true ? value.toLowerCase() : value);
}
