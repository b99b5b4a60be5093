import { type Attribute, KINDS, type ResourceKind, SCHEMAS, type Schema } from './attributes.ts';
import { MAX_COUNT } from './rendering.ts';
import type { Tree } from './resource.ts';

/** What clients ask to learn what this service can do (RFC 7643 §5–§7, RFC 7644 §4). */

const CORE = 'urn:ietf:params:scim:schemas:core:2.0';

export const serviceProviderConfig = (base: string): Tree => ({
  schemas: [`${CORE}:ServiceProviderConfig`],
  patch: { supported: true },
  bulk: { supported: false, maxOperations: 0, maxPayloadSize: 0 },
  filter: { supported: true, maxResults: MAX_COUNT },
  changePassword: { supported: false },
  sort: { supported: false },
  etag: { supported: true },
  authenticationSchemes: [
    {
      type: 'oauthbearertoken',
      name: 'Bearer token',
      description: 'The token that stands in authority.scim of the configuration',
      primary: true,
    },
  ],
  meta: { resourceType: 'ServiceProviderConfig', location: `${base}/ServiceProviderConfig` },
});

const resourceType = (base: string, kind: ResourceKind): Tree => ({
  schemas: [`${CORE}:ResourceType`],
  id: kind.name,
  name: kind.name,
  endpoint: `/${kind.endpoint}`,
  description: kind.schema.description,
  schema: kind.schema.id,
  schemaExtensions: kind.extensions.map(({ id }) => ({ schema: id, required: false })),
  meta: { resourceType: 'ResourceType', location: `${base}/ResourceTypes/${kind.name}` },
});

const attributeShown = ({ name, type, description, parts, ...more }: Attribute): Tree => ({
  name,
  type,
  multiValued: more.many === true,
  description,
  required: more.required === true,
  caseExact: more.caseExact === true,
  mutability: more.readOnly === true ? 'readOnly' : 'readWrite',
  returned: 'default',
  uniqueness: more.unique === true ? 'server' : 'none',
  ...(type === 'reference' && { referenceTypes: ['User', 'Group', 'uri'] }),
  ...(parts !== undefined && { subAttributes: parts.map(attributeShown) }),
});

const schemaShown = (base: string, { id, name, description, attributes }: Schema): Tree => ({
  schemas: [`${CORE}:Schema`],
  id,
  name,
  description,
  attributes: attributes.map(attributeShown),
  meta: { resourceType: 'Schema', location: `${base}/Schemas/${id}` },
});

export const resourceTypes = (base: string): Tree[] => KINDS.map((kind) => resourceType(base, kind));
export const schemas = (base: string): Tree[] => SCHEMAS.map((schema) => schemaShown(base, schema));
