import type { Router } from 'express';
import type { Kit } from './app/kit.ts';
import { openAuditLog } from './audit/audit-file.ts';
import { makeDecisionPoint } from './authority/authzen/decision-point.ts';
import { makeCoopApiAuthority } from './authority/coop-api/coop-api-authority.ts';
import { makeEventReceiver } from './authority/events/receiver.ts';
import { makeFileAuthority } from './authority/file/file-authority.ts';
import { fixedKeys } from './authority/keys/key-set.ts';
import { RemoteKeys } from './authority/keys/remote-keys.ts';
import { makeLdapAuthority } from './authority/ldap/ldap-authority.ts';
import { makeScimClient } from './authority/scim/scim-client.ts';
import { makeScimProvider } from './authority/scim/scim-provider.ts';
import type { AuthorityConfig, Config } from './config/schema.ts';
import { ok, type Result } from './core/errors.ts';
import type { Audit } from './ports/audit.ts';
import type { Authority, DecisionPoint } from './ports/authority.ts';
import type { ScimStore } from './ports/scim-store.ts';
import type { SecurityEventSink } from './ports/security-events.ts';

/** Who decides who is let in, and where that is recorded. Empty where everybody is let in. */
export type Deciding = {
  readonly authority?: Authority;
  readonly audit?: Audit;
  /** Asked in addition before anybody is let in. */
  readonly decisions?: DecisionPoint;
  /** Where a directory writes its members to us. */
  readonly scim?: Router;
};

type Common = {
  readonly issuer: string;
  /** Server name of our own accounts. */
  readonly homeserver: string;
  readonly statuses: AuthorityConfig['statuses'];
  readonly roles: AuthorityConfig['roles'];
  readonly clock: Kit['clock'];
  readonly log: Kit['log'];
};

type Opened = Pick<Deciding, 'authority' | 'scim'>;
type Open = (config: AuthorityConfig, common: Common, kit: Kit) => Opened;

/** One for each `authority.source`; the configuration's checks have seen that its part is there. */
const SOURCES: Readonly<Record<AuthorityConfig['source'], Open>> = {
  none: () => ({}),
  file: ({ path }, common) => (path === undefined ? {} : { authority: makeFileAuthority({ path, ...common }) }),
  ldap: ({ ldap }, common) => (ldap === undefined ? {} : { authority: makeLdapAuthority({ config: ldap, ...common }) }),
  'coop-api': ({ coopApi }, common) =>
    coopApi === undefined ? {} : { authority: makeCoopApiAuthority({ ...coopApi, ...common }) },
  scim: ({ scim }, common, kit) => {
    if (scim?.token === undefined) return {};
    const { url, token, intervalSeconds } = scim;
    if (url !== undefined) return { authority: makeScimClient({ url, token, intervalSeconds, ...common }) };
    const { authority, router } = makeScimProvider({ token, store: scimStoreOn(kit), ...common });
    return { authority, scim: router };
  },
};

/** Opens the audit log and the authority. @returns a sentence where the log cannot be used: nobody decides unrecorded */
export async function openDeciding(config: Config, kit: Kit): Promise<Result<Deciding>> {
  const { authority } = config;
  if (authority.source === 'none') return ok({});
  const { clock, log } = kit;
  const audit = await openAuditLog({ path: authority.audit, clock, log });
  if (!audit.ok) return audit;
  const { statuses, roles, decisions } = authority;
  const { serverName } = config.homeserver;
  const common = { issuer: issuerOf(config), homeserver: serverName, statuses, roles, clock, log };
  return ok({
    audit: audit.value,
    ...SOURCES[authority.source](authority, common, kit),
    ...(decisions === undefined ? {} : { decisions: makeDecisionPoint({ ...decisions, clock, log }) }),
  });
}

/** Where events are pushed to us that have the authority asked; undefined where none are. */
export function openEvents(config: Config, kit: Kit, sink: SecurityEventSink): Router | undefined {
  const { events, source } = config.authority;
  if (events === undefined || source === 'none') return undefined;
  const { clock, log } = kit;
  const { issuer, audience, jwksUrl, jwks } = events;
  const keys =
    jwksUrl === undefined
      ? fixedKeys(jwks?.keys ?? [])
      : new RemoteKeys({ url: jwksUrl, whose: 'The key set of authority.events', clock });
  return makeEventReceiver({ issuer, audience, keys, subjects: issuerOf(config), sink, clock, log });
}

/** `iss` of the subjects that the authority knows. */
const issuerOf = ({ authority, homeserver }: Config): string => authority.issuer ?? homeserver.serverName;

/** What a directory writes is kept in the bridge's own database. */
const scimStoreOn = ({ db, stores }: Kit): ScimStore => ({
  load: () => db.transaction((sql) => stores.scim.all(sql)),
  save: (rows) => db.transaction((sql) => stores.scim.put(sql, rows)),
  delete: (keys) => db.transaction((sql) => stores.scim.delete(sql, keys)),
});
