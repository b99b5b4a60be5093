import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { makeSigningKey, type SigningKey } from '../../authority/keys/jwks-server.ts';
import { type Dendrite, startDendrite } from '../../servers/dendrite.ts';
import { federationAt } from '../../servers/federation.ts';
import { MatrixUser, waitUntil } from '../../servers/people.ts';
import { makeTempDir } from '../../servers/temp-dir.ts';
import type { Listed } from '../cooperative.ts';
import { startWatched, type Watched } from './watched.ts';

export const OUR_ISS = 'https://id.willow.test';
export const PEER_ISS = 'https://id.elm.test';

export type Grant = { readonly resource: string; readonly actions: readonly string[] };
export const READ_AND_SPEAK = ['channel.join', 'channel.read', 'channel.send'];
export const everything = (...channels: readonly string[]): Grant[] =>
  channels.map((channel) => ({ resource: `channel:home/${channel}`, actions: READ_AND_SPEAK }));

/** Two homeservers that federate, a bridge at the first, and people of the second who may come by agreement. */
export type TwoShards = {
  readonly coop: Watched;
  readonly peer: Dendrite;
  readonly key: SigningKey;
  /** Somebody with an account on the peer's homeserver. */
  visitor(name: string): Promise<MatrixUser>;
  /** The agreement as an admin writes it. */
  agreement(more?: Readonly<Record<string, unknown>>): Record<string, unknown>;
  /** Writes the list of members, with these agreements, and more members where told. */
  agree(
    agreements: readonly Readonly<Record<string, unknown>>[],
    more?: Readonly<Record<string, Listed>>,
  ): Promise<void>;
  /** What the peer says of one of its people. */
  assert(
    userId: string,
    claims?: Readonly<Record<string, unknown>>,
    header?: Readonly<Record<string, unknown>>,
  ): Promise<string>;
  /** The same, signed by somebody else. */
  assertBy(
    key: SigningKey,
    userId: string,
    claims?: Readonly<Record<string, unknown>>,
    header?: Readonly<Record<string, unknown>>,
  ): Promise<string>;
  /** Accepts an invitation, as a client does. */
  accept(visitor: MatrixUser, room: string): Promise<void>;
  /** Presents an assertion over HTTP. */
  post(assertion: string): Promise<{ readonly status: number; readonly body: Record<string, unknown> }>;
  /** Presents one, accepts the invitation to a room, as a client does. @returns the room */
  comeIn(visitor: MatrixUser, alias: string, claims?: Readonly<Record<string, unknown>>): Promise<string>;
  /** How somebody stands in a room, as our homeserver sees it. */
  standing(alias: string, userId: string): Promise<string>;
  until(alias: string, userId: string, membership: string): Promise<void>;
  acl(alias: string): Promise<string[]>;
  power(alias: string, userId: string): Promise<number>;
  stop(): Promise<void>;
};

export async function startTwoShards(
  name: string,
  members: Readonly<Record<string, Listed>>,
  options: Parameters<typeof startWatched>[3] = {},
): Promise<TwoShards> {
  const dir = makeTempDir(`${name}-peer`);
  const peer = await startDendrite({
    dir: join(dir, 'dendrite'),
    registrations: [],
    ...(await federationAt('127.0.0.1', join(dir, 'tls'))),
  });
  const ours = await federationAt('localhost', join(dir, 'our-tls'));
  const coop = await startWatched(name, Object.keys(members), members, {
    ...options,
    dendrite: ours,
    authority: { issuer: OUR_ISS, ...options.authority },
  });
  const key = await makeSigningKey('elm-1', 'EdDSA');
  const visitors: MatrixUser[] = [];
  let grants: readonly Grant[] = [];

  const made: TwoShards = {
    coop,
    peer,
    key,
    async visitor(who) {
      await peer.register(who, `${who}-password`);
      const user = await MatrixUser.login(peer.url, who, `${who}-password`);
      await user.startSync();
      visitors.push(user);
      return user;
    },
    agreement: (more = {}) => ({
      id: 'willow-elm',
      version: 1,
      state: 'active',
      decidedBy: { local: 'willow-vote-7', peer: 'elm-vote-3' },
      peer: { iss: PEER_ISS, homeserver: peer.serverName, jwks: { keys: [key.jwk] } },
      grants: [],
      ...more,
    }),
    async agree(agreements, more = {}) {
      grants = agreements.flatMap((agreement) => (agreement.grants ?? []) as Grant[]);
      await coop.list({ ...members, ...more }, { agreements });
    },
    assert: (userId, claims, header) => made.assertBy(key, userId, claims, header),
    assertBy(by, userId, claims = {}, header = {}) {
      const nowSec = Math.floor(Date.now() / 1000);
      return by.sign(
        {
          iss: PEER_ISS,
          sub: userId.slice(1, userId.indexOf(':')),
          aud: OUR_ISS,
          iat: nowSec,
          exp: nowSec + 300,
          jti: randomUUID(),
          agr: 'willow-elm',
          agr_ver: 1,
          matrix: userId,
          grants,
          ...claims,
        },
        { typ: 'visitor+jwt', ...header },
      );
    },
    async post(assertion) {
      const form = { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion };
      const answer = await fetch(`http://127.0.0.1:${coop.shard.httpPort}/visit`, {
        method: 'POST',
        body: new URLSearchParams(form),
      });
      return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
    },
    async accept(visitor, room) {
      const enter = () => visitor.join(room).catch(() => undefined);
      await waitUntil(enter, { timeoutMs: 20_000, what: `${visitor.userId} to accept the invitation` });
    },
    async comeIn(visitor, alias, claims) {
      // The bridge has to have read the agreement.
      await waitUntil(async () => (await made.post(await made.assert(visitor.userId, claims))).status === 200, {
        timeoutMs: 15_000,
        what: `${visitor.userId} to be let in`,
      });
      await made.until(alias, visitor.userId, 'invite');
      const room = await coop.room(alias);
      await made.accept(visitor, room);
      await made.until(alias, visitor.userId, 'join');
      return room;
    },
    async standing(alias, userId) {
      const content = await coop.shard
        .bot()
        .state(await coop.room(alias), 'm.room.member', userId)
        .catch(() => ({ membership: 'none' }));
      return String(content.membership);
    },
    until: (alias, userId, membership) =>
      waitUntil(async () => (await made.standing(alias, userId)) === membership, {
        timeoutMs: 15_000,
        what: `${userId} to stand as ${membership} in #${alias}`,
      }).then(() => {}),
    async acl(alias) {
      const content = await coop.shard
        .bot()
        .state(await coop.room(alias), 'm.room.server_acl')
        .catch(() => ({}) as Record<string, unknown>);
      return [...((content.allow ?? []) as string[])].sort();
    },
    async power(alias, userId) {
      const { users = {} } = await coop.shard.bot().state(await coop.room(alias), 'm.room.power_levels');
      return (users as Record<string, number>)[userId] ?? 0;
    },
    async stop() {
      await Promise.all(visitors.map((visitor) => visitor.stop()));
      await coop.shard.stop();
      await coop.proxy.stop();
      await peer.stop();
    },
  };
  return made;
}
