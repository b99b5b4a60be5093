import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { GROUPS, USERS } from '../../src/authority/scim/attributes.ts';
import { namesOf, parseFilter } from '../../src/authority/scim/filter.ts';
import { patched } from '../../src/authority/scim/patch.ts';
import { Refusal } from '../../src/authority/scim/refusal.ts';
import { normalise } from '../../src/authority/scim/resource.ts';

const WORDS = [
  'userName',
  'emails',
  'emails[type eq "work"]',
  'name.familyName',
  'urn:coop:causeway:1.0:User:matrix',
  'eq',
  'CO',
  'sw',
  'gt',
  'pr',
  'and',
  'or',
  'not',
  '(',
  ')',
  '[',
  ']',
  '"work"',
  '"\\"',
  'true',
  'null',
  '7',
  '__proto__',
  'constructor',
];
const ADA = normalise(USERS, {
  userName: 'ada',
  emails: [{ value: 'a@b.example', type: 'work', primary: true }],
  name: { familyName: 'Lovelace' },
});

/** Whether it ends, with a value or with a refusal. */
function ends(run: () => unknown): boolean {
  try {
    run();
    return true;
  } catch (error) {
    return error instanceof Refusal && error.status === 400;
  }
}

describe('What a directory writes', () => {
  test('as a filter is read or refused, whatever it is', () => {
    const filter = fc.oneof(
      fc.array(fc.constantFrom(...WORDS), { maxLength: 12 }).map((words) => words.join(' ')),
      fc.string({ maxLength: 60 }),
    );
    fc.assert(
      fc.property(filter, (text) => ends(() => parseFilter(text, namesOf(USERS)).fits(ADA))),
      { numRuns: 2_000 },
    );
  });

  test('as a PATCH is carried out or refused, and leaves a sound resource', () => {
    const path = fc.option(fc.oneof(fc.constantFrom(...WORDS), fc.string({ maxLength: 30 })), { nil: undefined });
    const operation = fc.record({ op: fc.constantFrom('add', 'Replace', 'REMOVE', 'x'), path, value: fc.jsonValue() });
    const body = fc.record({ Operations: fc.array(operation, { maxLength: 4 }) });
    const before = structuredClone(ADA);
    fc.assert(
      fc.property(body, fc.constantFrom(USERS, GROUPS), (patch, kind) =>
        ends(() => {
          const after = normalise(kind, patched(kind, ADA, patch));
          assert.deepEqual(normalise(kind, after), after);
        }),
      ),
      { numRuns: 2_000 },
    );
    assert.deepEqual(ADA, before);
    assert.equal(({} as { polluted?: unknown }).polluted, undefined);
  });

  test('as a resource is kept in one form', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom('userName', 'NAME', 'emails', 'active', 'roles'), fc.jsonValue()),
        (tree) =>
          ends(() => {
            const once = normalise(USERS, tree);
            assert.deepEqual(normalise(USERS, once), once);
          }),
      ),
    );
  });
});
