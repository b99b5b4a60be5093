import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { type Answered, type Json, provide, type Service } from './scim-service.ts';
import { serveScimmy } from './scimmy-service.ts';

/**
 * The same requests to our service and to somebody else's (scimmy): where the standard decides, both answer alike.
 * `$name` in a path or body stands for the id that the step of that name made.
 */
type Step = {
  readonly what: string;
  readonly name?: string;
  readonly ask: readonly [method: string, path: string, body?: object];
  /** Only the status is compared: the standard leaves the rest open. */
  readonly statusOnly?: true;
  /** Where the other one is not as the standard: what it gets wrong, and who is to be found. */
  readonly alone?: readonly [wrong: string, found: readonly string[] | number];
};

const USER = 'urn:ietf:params:scim:schemas:core:2.0:User';
const GROUP = 'urn:ietf:params:scim:schemas:core:2.0:Group';
const PATCH = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';

const user = (userName: string, more: object = {}): object => ({ schemas: [USER], userName, ...more });
const patch = (...Operations: object[]): object => ({ schemas: [PATCH], Operations });
const find = (filter: string): readonly [string, string] => ['GET', `/Users?filter=${encodeURIComponent(filter)}`];

const ADA = user('ada@willow.example', {
  externalId: 'ext-ada',
  displayName: 'Ada',
  name: { givenName: 'Ada', familyName: 'Lovelace' },
  active: true,
  emails: [
    { value: 'ada@willow.example', type: 'work', primary: true },
    { value: 'ada@home.example', type: 'home' },
  ],
});

const STEPS: readonly Step[] = [
  { what: 'nobody is there', ask: ['GET', '/Users'] },
  { what: 'a user is made', name: 'ada', ask: ['POST', '/Users', ADA] },
  { what: 'another is made', name: 'ben', ask: ['POST', '/Users', user('ben@willow.example', { displayName: 'Ben' })] },
  { what: 'a taken name is refused', ask: ['POST', '/Users', user('ADA@willow.example')] },
  { what: 'a user without a name is refused', ask: ['POST', '/Users', { schemas: [USER], displayName: 'X' }] },
  { what: 'a number is no name', ask: ['POST', '/Users', user(7 as unknown as string)] },
  { what: 'a user is read', ask: ['GET', '/Users/$ada'] },
  { what: 'nobody of that id', ask: ['GET', '/Users/nobody'] },
  { what: 'found by userName', ask: find('userName eq "ada@willow.example"') },
  {
    what: 'found by userName in another case',
    ask: find('userName eq "ADA@WILLOW.example"'),
    alone: ['compares with case (RFC 7643 §4.1.1: caseExact false)', ['$ada']],
  },
  { what: 'found by externalId', ask: find('externalId eq "ext-ada"') },
  {
    what: 'found by a part of the name',
    ask: find('name.familyName co "love"'),
    alone: ['fails where somebody has no name', ['$ada']],
  },
  { what: 'found by its beginning', ask: find('displayName sw "b"'), alone: ['compares with case', ['$ben']] },
  { what: 'found by its end', ask: find('userName ew "willow.example"') },
  { what: 'found by presence', ask: find('externalId pr') },
  { what: 'found by a flag', ask: find('active eq true') },
  { what: 'found by and', ask: find('active eq true and displayName eq "Ada"') },
  { what: 'and binds before or', ask: find('displayName eq "Ben" or displayName eq "Ada" and active eq false') },
  { what: 'parentheses', ask: find('(displayName eq "Ben" or displayName eq "Ada") and userName co "a"') },
  { what: 'not', ask: find('not (displayName eq "Ada")') },
  {
    what: 'by an element of a list',
    ask: find('emails[type eq "home" and value co "home"]'),
    alone: ['fails where somebody has no address', ['$ada']],
  },
  {
    what: 'by a part of the elements',
    ask: find('emails.type eq "home"'),
    alone: ['fails where somebody has no address', ['$ada']],
  },
  { what: 'nobody fits', ask: find('userName eq "nobody"') },
  { what: 'half a filter is refused', ask: find('userName eq'), alone: ['finds nobody', 400] },
  { what: 'an operator that is none', ask: find('userName is "ada"'), statusOnly: true },
  { what: 'one page', ask: ['GET', '/Users?startIndex=1&count=1'] },
  { what: 'the next', ask: ['GET', '/Users?startIndex=2&count=1'] },
  { what: 'only how many', ask: ['GET', '/Users?count=0'] },
  { what: 'only some attributes', ask: ['GET', '/Users/$ada?attributes=userName,name.givenName'], statusOnly: true },
  {
    what: 'one attribute is replaced',
    ask: ['PATCH', '/Users/$ada', patch({ op: 'replace', path: 'displayName', value: 'Countess' })],
  },
  {
    what: 'verbs with capitals',
    ask: ['PATCH', '/Users/$ada', patch({ op: 'Replace', path: 'active', value: false })],
  },
  {
    what: 'without a path',
    ask: ['PATCH', '/Users/$ada', patch({ op: 'replace', value: { active: true, title: 'Dr' } })],
  },
  {
    what: 'a part is replaced',
    ask: ['PATCH', '/Users/$ada', patch({ op: 'replace', path: 'name.familyName', value: 'King' })],
  },
  {
    what: 'an element is chosen',
    ask: ['PATCH', '/Users/$ada', patch({ op: 'replace', path: 'emails[type eq "home"].value', value: 'a@b.example' })],
  },
  { what: 'an attribute is removed', ask: ['PATCH', '/Users/$ada', patch({ op: 'remove', path: 'title' })] },
  {
    what: 'an element is removed',
    ask: ['PATCH', '/Users/$ada', patch({ op: 'remove', path: 'emails[type eq "home"]' })],
  },
  {
    what: 'an element is added',
    ask: [
      'PATCH',
      '/Users/$ada',
      patch({ op: 'add', path: 'emails', value: [{ value: 'x@y.example', type: 'other' }] }),
    ],
  },
  {
    what: 'several operations',
    ask: [
      'PATCH',
      '/Users/$ben',
      patch({ op: 'add', path: 'title', value: 'Poet' }, { op: 'replace', path: 'displayName', value: 'Benedict' }),
    ],
  },
  {
    what: 'a required attribute stays',
    ask: ['PATCH', '/Users/$ada', patch({ op: 'remove', path: 'userName' })],
    statusOnly: true,
  },
  {
    what: 'a path that is none',
    ask: ['PATCH', '/Users/$ada', patch({ op: 'replace', path: 'nonsense', value: 'x' })],
  },
  { what: 'a verb that is none', ask: ['PATCH', '/Users/$ada', patch({ op: 'destroy', path: 'title' })] },
  { what: 'remove without a path', ask: ['PATCH', '/Users/$ada', patch({ op: 'remove' })] },
  { what: 'no operations', ask: ['PATCH', '/Users/$ada', patch()], statusOnly: true },
  { what: 'what was left of it', ask: ['GET', '/Users/$ada'] },
  { what: 'a user is put whole', ask: ['PUT', '/Users/$ben', user('ben@willow.example', { nickName: 'B' })] },
  { what: 'nobody to put', ask: ['PUT', '/Users/nobody', user('nobody')] },
  {
    what: 'a group is made',
    name: 'garden',
    ask: ['POST', '/Groups', { schemas: [GROUP], displayName: 'garden', members: [{ value: '$ada' }] }],
  },
  { what: 'a group without a name is refused', ask: ['POST', '/Groups', { schemas: [GROUP] }] },
  {
    what: 'a member is added',
    ask: ['PATCH', '/Groups/$garden', patch({ op: 'add', path: 'members', value: [{ value: '$ben' }] })],
  },
  {
    what: 'a member is removed',
    ask: ['PATCH', '/Groups/$garden', patch({ op: 'remove', path: 'members[value eq "$ada"]' })],
  },
  { what: 'the group is read', ask: ['GET', '/Groups/$garden'] },
  {
    what: 'members are replaced',
    ask: ['PATCH', '/Groups/$garden', patch({ op: 'replace', path: 'members', value: [{ value: '$ada' }] })],
  },
  { what: 'all members are removed', ask: ['PATCH', '/Groups/$garden', patch({ op: 'remove', path: 'members' })] },
  { what: 'the group without members', ask: ['GET', '/Groups/$garden'] },
  { what: 'a user is deleted', ask: ['DELETE', '/Users/$ada'] },
  { what: 'and is gone', ask: ['GET', '/Users/$ada'] },
  { what: 'and cannot be deleted again', ask: ['DELETE', '/Users/$ada'] },
  { what: 'nor changed', ask: ['PATCH', '/Users/$ada', patch({ op: 'replace', path: 'title', value: 'x' })] },
  { what: 'schemas', ask: ['GET', '/Schemas'], statusOnly: true },
  { what: 'kinds of resources', ask: ['GET', '/ResourceTypes'], statusOnly: true },
  { what: 'what the service can', ask: ['GET', '/ServiceProviderConfig'], statusOnly: true },
  { what: 'a kind that is none', ask: ['GET', '/Robots'], statusOnly: true },
];

const OWN_WORDS = new Set(['meta', 'detail', 'itemsPerPage', '$ref', 'location', 'groups']);

/** What the standard decides: no times and places, no words for people, our ids by the names of the steps. */
function decided(value: Json, names: ReadonlyMap<string, string>): Json {
  if (typeof value === 'string') return names.get(value) ?? value;
  if (Array.isArray(value)) return value.map((one) => decided(one, names));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value)
    .filter(([key, inner]) => !OWN_WORDS.has(key) && !(Array.isArray(inner) && inner.length === 0))
    .filter(([key, inner]) => !(key === 'type' && inner === 'User') && !(key === 'primary' && inner === false))
    .map(([key, inner]) => [key, decided(inner, names)] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

const foundBy = (answer: Answered, names: ReadonlyMap<string, string>): Json =>
  answer.status === 200 ? answer.body.Resources.map(({ id }: Json) => names.get(id)) : answer.status;

async function answersOf(service: Service, isOurs: boolean): Promise<object[]> {
  const ids = new Map<string, string>();
  const names = new Map<string, string>();
  const filled = (text: string): string => text.replaceAll(/\$([a-z]+)/g, (whole, name) => ids.get(name) ?? whole);
  const answers: object[] = [];
  for (const { what, name, ask, statusOnly, alone } of STEPS) {
    const [method, path, body] = ask;
    const filledBody = body === undefined ? undefined : JSON.parse(filled(JSON.stringify(body)));
    const answer: Answered = await service.ask(method, filled(path), filledBody);
    if (name !== undefined && typeof answer.body?.id === 'string') {
      ids.set(name, answer.body.id);
      names.set(answer.body.id, `$${name}`);
    }
    if (alone !== undefined) {
      answers.push({ what, found: isOurs ? foundBy(answer, names) : alone[1] });
      continue;
    }
    answers.push({ what, status: answer.status, ...(statusOnly !== true && { body: decided(answer.body, names) }) });
  }
  return answers;
}

describe('our SCIM service and somebody else’s (scimmy)', () => {
  test('give the same answers to the same requests', async (t: TestContext) => {
    const [ours, theirs] = [await provide(), await serveScimmy()];
    t.after(() => Promise.all([ours.end(), theirs.end()]));
    const [answers, others] = [await answersOf(ours, true), await answersOf(theirs, false)];
    assert.deepEqual(answers, others);
  });
});
