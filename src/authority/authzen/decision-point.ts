import type { Lookup } from '../../core/authority/member.ts';
import type { DecisionPoint, DecisionQuestion } from '../../ports/authority.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import { askJson, fromStatus } from '../ask-json.ts';
import { Revisions } from '../revisions.ts';
import { clean, unknown } from '../unknown.ts';
import { inTurns } from './in-turns.ts';

export type DecisionPointOptions = {
  /** Base URL, without a slash at the end. */
  readonly url: string;
  readonly token?: string | undefined;
  readonly clock: Clock;
  readonly log: Log;
};

type Decision = { readonly allow: boolean; readonly reason?: string };

const WHOM = 'The decision point (authority.decisions)';
const TIMEOUT_MS = 2_000;
const MAX_BYTES = 64 * 1024;
const AT_ONCE = 16;
const EVALUATION = '/access/v1/evaluation';

/**
 * A policy engine that speaks the AuthZEN Authorization API 1.0 (Cerbos, OpenFGA, Keycloak and others). One question, one
 * yes or no; whatever else it answers is `unknown`. It is asked for every decision anew: nothing is remembered.
 *
 * The subject is `{type: "user", id: sub}` with the properties `iss` and `roles`, and `cerbos.roles`, which is where Cerbos
 * looks. The resource is what stands before the first colon as its type, and what follows as its id.
 */
export function makeDecisionPoint({ url, token, clock, log }: DecisionPointOptions): DecisionPoint {
  const revisions = new Revisions(clock);
  const inTurn = inTurns(AT_ONCE);
  let endpoint: Promise<string> | undefined;
  let closed = false;

  /** Where evaluations go, as the engine itself says (AuthZEN §9), if it says it and stays on its own server. */
  const discover = async (): Promise<string> => {
    const standard = `${url}${EVALUATION}`;
    const { origin, pathname } = new URL(url);
    const metadata = `${origin}/.well-known/authzen-configuration${pathname === '/' ? '' : pathname}`;
    const found = await askJson(
      { whom: WHOM, url: metadata, token, timeoutMs: TIMEOUT_MS, maxBytes: MAX_BYTES },
      clock,
    );
    // Unreachable or busy: ask again the next time.
    if (found.kind === 'unknown' || found.status >= 500) endpoint = undefined;
    const named = found.kind === 'answered' ? property(found.json, 'access_evaluation_endpoint') : undefined;
    if (typeof named !== 'string' || !URL.canParse(named)) return standard;
    if (new URL(named).origin === origin) return named;
    log.warn('the decision point names an endpoint on another server, which is not used', { endpoint: clean(named) });
    return standard;
  };

  const evaluate = async (question: DecisionQuestion): Promise<Lookup<Decision>> => {
    if (closed) return unknown('unreachable', 'Causeway is stopping.');
    endpoint ??= discover();
    const where = await endpoint;
    const freshness = revisions.next('poll');
    const asked = {
      whom: WHOM,
      url: where,
      token,
      body: toRequest(question),
      timeoutMs: TIMEOUT_MS,
      maxBytes: MAX_BYTES,
    };
    const answered = await askJson(asked, clock);
    if (answered.kind === 'unknown') return answered;
    if (answered.status !== 200) {
      // It may have moved.
      endpoint = undefined;
      return fromStatus(WHOM, answered.status);
    }
    const allow = property(answered.json, 'decision');
    if (typeof allow !== 'boolean') return unknown('malformed', `${WHOM} answered neither yes nor no.`);
    const reason = reasonOf(answered.json);
    return { kind: 'found', value: { allow, ...(reason !== undefined && { reason }) }, freshness };
  };

  return {
    evaluate: (question) => inTurn(() => evaluate(question)),
    close() {
      closed = true;
      return Promise.resolve();
    },
  };
}

function toRequest({ subject, roles, action, resource }: DecisionQuestion): object {
  const [, type = 'shard', id = resource] = /^([^:]+):(.*)$/s.exec(resource) ?? [];
  return {
    subject: { type: 'user', id: subject.sub, properties: { iss: subject.iss, roles, 'cerbos.roles': roles } },
    action: { name: action },
    resource: { type, id },
    context: {},
  };
}

/** AuthZEN leaves the context to the engine; its examples give reasons by language. Ours for people comes first. */
function reasonOf(json: unknown): string | undefined {
  const context = property(json, 'context');
  for (const key of ['reason_user', 'reason_admin', 'reason']) {
    const given = property(context, key);
    const text = typeof given === 'string' ? given : (property(given, 'en') ?? Object.values(Object(given))[0]);
    if (typeof text === 'string' && clean(text) !== '') return clean(text);
  }
  return undefined;
}

const property = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;
