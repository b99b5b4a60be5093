import type { SecurityEvent } from '../../ports/security-events.ts';

const CAEP = 'https://schemas.openid.net/secevent/caep/event-type/';
const RISC = 'https://schemas.openid.net/secevent/risc/event-type/';
const SSF = 'https://schemas.openid.net/secevent/ssf/event-type/';
const SCIM = 'urn:ietf:params:scim:event:';

/**
 * Events after which nothing of a person passes before the authority was asked (OpenID CAEP 1.0 §3, RISC 1.0 §2, RFC 9967
 * §2.4), and those that concern nobody (SSF 1.0 §8.1.4). Every other event has the authority asked, and no more.
 */
const EFFECTS: Readonly<Record<string, SecurityEvent['effect']>> = {
  [`${CAEP}session-revoked`]: 'shut',
  [`${RISC}account-disabled`]: 'shut',
  [`${RISC}account-purged`]: 'shut',
  [`${RISC}sessions-revoked`]: 'shut',
  [`${SCIM}prov:deactivate`]: 'shut',
  [`${SCIM}prov:delete`]: 'shut',
  [`${SSF}verification`]: 'none',
  [`${SSF}stream-updated`]: 'none',
  [`${SCIM}misc:asyncresp`]: 'none',
};

/** Drafts of RFC 9967 wrote `SCIM` in capitals. */
export const effectOf = (type: string): SecurityEvent['effect'] =>
  EFFECTS[type] ?? (/^urn:/i.test(type) ? EFFECTS[type.toLowerCase()] : undefined) ?? 'look';

/** What is said of it to people: the last part of its name. */
export const kindOf = (type: string): string =>
  (/^urn:ietf:params:scim:event:(.+)$/i.exec(type)?.[1] ?? type.split('/').at(-1) ?? '')
    .replace(/[^A-Za-z0-9:._-]/g, '')
    .slice(0, 60);
