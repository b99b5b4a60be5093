import type { Kit } from './app/kit.ts';
import { openAuditLog } from './audit/audit-file.ts';
import { makeDecisionPoint } from './authority/authzen/decision-point.ts';
import { makeCoopApiAuthority } from './authority/coop-api/coop-api-authority.ts';
import { makeFileAuthority } from './authority/file/file-authority.ts';
import { makeLdapAuthority } from './authority/ldap/ldap-authority.ts';
import type { AuthorityConfig, Config } from './config/schema.ts';
import { ok, type Result } from './core/errors.ts';
import type { Audit } from './ports/audit.ts';
import type { Authority, DecisionPoint } from './ports/authority.ts';

/** Who decides who is let in, and where that is recorded. Empty where everybody is let in. */
export type Deciding = {
  readonly authority?: Authority;
  readonly audit?: Audit;
  /** Asked in addition before anybody is let in. */
  readonly decisions?: DecisionPoint;
};

type Common = {
  readonly issuer: string;
  readonly statuses: AuthorityConfig['statuses'];
  readonly roles: AuthorityConfig['roles'];
  readonly clock: Kit['clock'];
  readonly log: Kit['log'];
};

/** One maker for each `authority.source`; the configuration's checks have seen that its part is there. */
const SOURCES: Readonly<
  Partial<Record<AuthorityConfig['source'], (config: AuthorityConfig, common: Common) => Authority | undefined>>
> = {
  'coop-api': ({ coopApi }, common) =>
    coopApi === undefined ? undefined : makeCoopApiAuthority({ ...coopApi, ...common }),
  file: ({ path }, common) => (path === undefined ? undefined : makeFileAuthority({ path, ...common })),
  ldap: ({ ldap }, common) => (ldap === undefined ? undefined : makeLdapAuthority({ config: ldap, ...common })),
};

/** Opens the audit log and the authority. @returns a sentence where the log cannot be written: nobody decides unrecorded */
export async function openDeciding(config: Config, kit: Kit): Promise<Result<Deciding>> {
  const { authority, homeserver } = config;
  if (authority.source === 'none') return ok({});
  const { clock, log } = kit;
  const audit = await openAuditLog({ path: authority.audit, clock, log });
  if (!audit.ok) return audit;
  const { statuses, roles } = authority;
  const common = { issuer: authority.issuer ?? homeserver.serverName, statuses, roles, clock, log };
  const opened = SOURCES[authority.source]?.(authority, common);
  const { decisions } = authority;
  return ok({
    audit: audit.value,
    ...(opened === undefined ? {} : { authority: opened }),
    ...(decisions === undefined ? {} : { decisions: makeDecisionPoint({ ...decisions, clock, log }) }),
  });
}
