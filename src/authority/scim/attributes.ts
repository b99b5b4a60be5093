/** One attribute of a schema (RFC 7643 §7), as far as anything here depends on it. */
export type Attribute = {
  readonly name: string;
  readonly type: 'string' | 'boolean' | 'complex' | 'reference';
  readonly description: string;
  readonly many?: true;
  readonly required?: true;
  /** Values compare with case. */
  readonly caseExact?: true;
  /** Written by us; what clients write is ignored. */
  readonly readOnly?: true;
  /** No two resources have the same. */
  readonly unique?: true;
  readonly parts?: readonly Attribute[];
  /** Elements at most; 100 unless told. */
  readonly max?: number;
};

export type Schema = {
  readonly id: string;
  /** Another id under which clients may write it. */
  readonly alias?: string;
  readonly name: string;
  readonly description: string;
  readonly attributes: readonly Attribute[];
};

export type ResourceKind = {
  readonly name: 'User' | 'Group';
  readonly endpoint: 'Users' | 'Groups';
  readonly schema: Schema;
  readonly extensions: readonly Schema[];
};

type More = Partial<Omit<Attribute, 'name' | 'type' | 'description'>>;
const text = (name: string, description: string, more: More = {}): Attribute => ({
  name,
  type: 'string',
  description,
  ...more,
});
const flag = (name: string, description: string): Attribute => ({ name, type: 'boolean', description });

/** The usual parts of a list's elements (RFC 7643 §2.4). */
const listOf = (name: string, description: string): Attribute => ({
  name,
  type: 'complex',
  description,
  many: true,
  parts: [
    text('value', 'The value.'),
    text('display', 'For people.'),
    text('type', 'What it is for.'),
    flag('primary', 'Whether it is the preferred one.'),
  ],
});

/** What every resource has besides its schema (RFC 7643 §3.1). */
export const COMMON: readonly Attribute[] = [
  { name: 'schemas', type: 'reference', description: 'Schemas of this resource.', many: true, caseExact: true },
  text('id', 'Our own id of it, for ever.', { readOnly: true, caseExact: true, unique: true }),
  text('externalId', 'Its id where it comes from.', { caseExact: true, unique: true }),
  {
    name: 'meta',
    type: 'complex',
    description: 'About the resource.',
    readOnly: true,
    parts: [
      text('resourceType', 'Its kind.', { caseExact: true }),
      text('created', 'When it was made.'),
      text('lastModified', 'When it was changed.'),
      text('location', 'Where it is.', { caseExact: true }),
      text('version', 'Its ETag.', { caseExact: true }),
    ],
  },
];

const USER: Schema = {
  id: 'urn:ietf:params:scim:schemas:core:2.0:User',
  name: 'User',
  description: 'A person',
  attributes: [
    text('userName', 'Name to log in with; unique.', { required: true, unique: true }),
    {
      name: 'name',
      type: 'complex',
      description: 'The parts of the name.',
      parts: [
        text('formatted', 'All of it.'),
        text('familyName', 'Family name.'),
        text('givenName', 'Given name.'),
        text('middleName', 'Middle name.'),
        text('honorificPrefix', 'Title before it.'),
        text('honorificSuffix', 'Title after it.'),
      ],
    },
    text('displayName', 'Name for people.'),
    text('nickName', 'Casual name.'),
    text('profileUrl', 'Page about the person.'),
    text('title', 'Position.'),
    text('userType', 'Relation to the organisation.'),
    text('preferredLanguage', 'Preferred language.'),
    text('locale', 'How dates and numbers are written.'),
    text('timezone', 'Time zone.'),
    flag('active', 'Whether the account may be used. False suspends the member, unless `status` says otherwise.'),
    listOf('emails', 'E-mail addresses; not used.'),
    listOf('phoneNumbers', 'Telephone numbers; not used.'),
    listOf('roles', 'Roles in the cooperative: council, operator, coordinator, or garden:coordinator for one group.'),
    listOf('entitlements', 'Entitlements; not used.'),
    {
      name: 'groups',
      type: 'complex',
      description: 'Groups that have the person as a member.',
      many: true,
      readOnly: true,
      parts: [
        text('value', 'Id of the group.', { caseExact: true }),
        { name: '$ref', type: 'reference', description: 'Where the group is.' },
        text('display', 'Name of the group.'),
        text('type', 'Always direct.'),
      ],
    },
  ],
};

const ENTERPRISE: Schema = {
  id: 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User',
  name: 'EnterpriseUser',
  description: 'A person in an organisation; kept for the directory, not used',
  attributes: [
    text('employeeNumber', 'Number of the person.'),
    text('costCenter', 'Cost centre.'),
    text('organization', 'Organisation.'),
    text('division', 'Division.'),
    text('department', 'Department.'),
    {
      name: 'manager',
      type: 'complex',
      description: 'Whom the person reports to.',
      parts: [text('value', 'Id.'), text('$ref', 'Where it is.'), text('displayName', 'Name.')],
    },
  ],
};

export const CAUSEWAY: Schema = {
  id: 'urn:coop:causeway:1.0:User',
  // Entra and some libraries accept no extension outside of this namespace.
  alias: 'urn:ietf:params:scim:schemas:extension:causeway:1.0:User',
  name: 'CausewayUser',
  description: 'Where a member of the cooperative is found, and the standing',
  attributes: [
    text('matrix', 'Matrix ids, such as @ada:willow.example.', { many: true, caseExact: true }),
    text('irc', 'Accounts as network/account, such as home/ada.', { many: true }),
    text('did', 'Decentralised identifiers, such as did:key:z6Mk….', { many: true, caseExact: true }),
    text('status', 'Standing: active, suspended, …, or a word of authority.statuses.'),
  ],
};

const GROUP: Schema = {
  id: 'urn:ietf:params:scim:schemas:core:2.0:Group',
  name: 'Group',
  description: 'A group of the cooperative, or a role',
  attributes: [
    text('displayName', 'The id of the group (garden), a role (council), or a role in a group (garden:coordinator).', {
      required: true,
    }),
    {
      name: 'members',
      type: 'complex',
      description: 'Who is in it. Groups in groups give nothing to their members.',
      many: true,
      max: 100_000,
      parts: [
        text('value', 'Id of the member.', { caseExact: true }),
        { name: '$ref', type: 'reference', description: 'Where the member is.' },
        text('display', 'Name of the member.'),
        text('type', 'User or Group.'),
      ],
    },
  ],
};

export const USERS: ResourceKind = {
  name: 'User',
  endpoint: 'Users',
  schema: USER,
  extensions: [ENTERPRISE, CAUSEWAY],
};
export const GROUPS: ResourceKind = { name: 'Group', endpoint: 'Groups', schema: GROUP, extensions: [] };
export const KINDS: readonly ResourceKind[] = [USERS, GROUPS];
export const SCHEMAS: readonly Schema[] = [USER, ENTERPRISE, CAUSEWAY, GROUP];

/** Of the core schema of users (RFC 7643 §4.1), and not kept: directories write them by default, beside what matters. */
const NOT_KEPT: ReadonlySet<string> = new Set(['addresses', 'ims', 'photos', 'x509certificates', 'password']);

/** Whether a path leads to an attribute that there is, and that we do not keep: `addresses[type eq "work"].locality`. */
export function isNotKept(kind: ResourceKind, path: string): boolean {
  const { schema = kind.schema, rest } = splitSchema(kind, path);
  return kind === USERS && schema === kind.schema && NOT_KEPT.has(rest.split(/[.[]/)[0]?.toLowerCase() ?? '');
}

/** Attribute names compare without case (RFC 7643 §2.1). */
export const attributeNamed = (name: string, attributes: readonly Attribute[]): Attribute | undefined => {
  const wanted = name.toLowerCase();
  return attributes.find((one) => one.name.toLowerCase() === wanted);
};

export const attributesOf = (kind: ResourceKind): readonly Attribute[] => [...COMMON, ...kind.schema.attributes];

const idsOf = ({ id, alias }: Schema): string[] => [id, ...(alias === undefined ? [] : [alias])];

/** The extension of exactly this id. */
export const extensionNamed = (kind: ResourceKind, name: string): Schema | undefined =>
  kind.extensions.find((schema) => idsOf(schema).some((id) => id.toLowerCase() === name.toLowerCase()));

/** `urn:…:User:userName` as the schema that it begins with, and the rest; the text itself where it begins with none. */
export function splitSchema(kind: ResourceKind, text: string): { readonly schema?: Schema; readonly rest: string } {
  for (const schema of [kind.schema, ...kind.extensions])
    for (const id of idsOf(schema))
      if (text.toLowerCase().startsWith(`${id.toLowerCase()}:`)) return { schema, rest: text.slice(id.length + 1) };
  return { rest: text };
}
