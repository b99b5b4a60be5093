import type { Agreement, Assertion, Grant } from '../../../src/core/authority/agreement.ts';
import type { Visit } from '../../../src/core/authority/visit.ts';
import { channel, ISS, NOW_MS } from './fixture.ts';

export const OWN = { iss: ISS, homeserver: 'willow.example' };
export const PEER: Agreement['peer'] = {
  iss: 'https://id.elm.example',
  homeserver: 'elm.example',
  jwks: { keys: [] },
  ircOrigins: ['irc.elm.example'],
};
export const commons = channel({ visitors: true });
export const grant = (resource: string, ...actions: Grant['actions']): Grant => ({ resource, actions });
export const ALL = ['channel.join', 'channel.read', 'channel.send'] as const;

export const agreement = (more: Partial<Agreement> = {}): Agreement => ({
  id: 'willow-elm',
  version: 3,
  peer: PEER,
  state: 'active',
  decidedBy: { local: 'willow-vote-7', peer: 'elm-vote-3' },
  grants: [grant(commons.id, ...ALL)],
  maxSessionSec: 600,
  ...more,
});

export const assertion = (more: Partial<Assertion> = {}): Assertion => ({
  agreement: 'willow-elm',
  version: 3,
  subject: { iss: PEER.iss, sub: 'vera' },
  userId: '@vera:elm.example',
  grants: [grant(commons.id, ...ALL)],
  jti: 'j1',
  issuedAtMs: NOW_MS - 1_000,
  untilMs: NOW_MS + 300_000,
  ...more,
});

export const visit = (more: Partial<Visit> = {}): Visit => ({
  agreement: 'willow-elm',
  version: 3,
  subject: { iss: PEER.iss, sub: 'vera' },
  userId: '@vera:elm.example',
  grants: [grant(commons.id, ...ALL)],
  beganMs: NOW_MS - 1_000,
  untilMs: NOW_MS + 300_000,
  revision: 9,
  ...more,
});
