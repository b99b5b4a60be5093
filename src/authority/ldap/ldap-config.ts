import type { AuthorityConfig } from '../../config/schema.ts';

/** The part of the configuration below `authority.ldap`. */
export type LdapConfig = NonNullable<AuthorityConfig['ldap']>;
