import { createHash } from 'node:crypto';
import type { BotConfig, NetworkConfig } from '../../config/schema-network.ts';
import { type BridgeError, fail, ok, type Result } from '../../core/errors.ts';
import { nextNickCandidate } from '../../core/irc/nick.ts';
import type { SaslCredentials } from '../../core/irc/sasl.ts';
import type { Person } from '../../ports/network.ts';
import type { Known } from '../puppets/pool.ts';
import { accountFor, localpartOf, type Naming, nicksFor, realnameOf } from '../puppets/puppet-name.ts';
import { readClientCertificate } from '../wire/client-certificate.ts';
import type { Introduction } from '../wire/registration.ts';
import { SaslTalk, signAccountToken } from '../wire/sasl-talk.ts';
import type { Endpoint } from '../wire/transport.ts';

export const endpointOf = ({ server }: NetworkConfig): Endpoint => ({
  host: server.host,
  port: server.port,
  tls: server.tls,
  webSocket: server.webSocket,
  fingerprint: server.tlsFingerprint,
});

/** What every server is told, whatever it wants to be shown besides. */
type Names = Pick<Introduction, 'nick' | 'nextNick' | 'user' | 'realname' | 'password'>;

/** @param maxBytes of a nick, as far as that is known before the server says it */
export const botNames = ({ bot, server }: NetworkConfig, maxBytes: number): Names => ({
  nick: bot.nick,
  nextNick: (attempt) => nextNickCandidate(bot.nick, attempt, { maxBytes }),
  user: bot.user,
  realname: bot.realname,
  password: server.password,
});

export function personNames({ server }: NetworkConfig, naming: Naming, person: Person): Names {
  const nicks = nicksFor(person, naming);
  return {
    nick: nicks.first,
    nextNick: nicks.next,
    user: identOf(person),
    realname: realnameOf(person, naming.isupport.nameLen),
    password: server.password,
  };
}

/** How the bot introduces itself. */
export async function introduceBot(config: NetworkConfig, nowMs: number): Promise<Result<Introduction>> {
  const { bot } = config;
  const sasl = bot.sasl === undefined ? ok(undefined) : await botSasl(bot.sasl, config, nowMs);
  if (!sasl.ok) return sasl;
  const { certFile, keyFile } = bot.sasl ?? {};
  const hasCertificate = certFile !== undefined && keyFile !== undefined;
  const certificate = hasCertificate ? await readClientCertificate(certFile, keyFile) : ok(undefined);
  if (!certificate.ok) return certificate;
  return ok({ ...botNames(config, 30), sasl: sasl.value, certificate: certificate.value });
}

async function botSasl(
  sasl: NonNullable<BotConfig['sasl']>,
  { bot, puppets }: NetworkConfig,
  nowMs: number,
): Promise<Result<SaslTalk>> {
  const user = sasl.user ?? bot.nick;
  switch (sasl.mechanism) {
    case 'external':
      return ok(new SaslTalk(user, { mechanism: 'EXTERNAL' }));
    case 'jwt':
      return await tokenTalk(user, puppets.sasl?.key, nowMs);
    case 'plain':
    case 'scram-sha-256': {
      const mechanism = sasl.mechanism === 'plain' ? 'PLAIN' : 'SCRAM-SHA-256';
      const credentials: SaslCredentials = { mechanism, user, password: sasl.password ?? '' };
      return ok(new SaslTalk(user, credentials));
    }
  }
}

async function tokenTalk(account: string, key: string | undefined, nowMs: number): Promise<Result<SaslTalk>> {
  if (key === undefined) return fail(noToken('puppets.sasl.key is missing'));
  try {
    const token = await signAccountToken(account, key, nowMs);
    return ok(new SaslTalk(account, { mechanism: 'IRCV3BEARER', type: 'jwt', token }));
  } catch (error) {
    return fail(noToken(error instanceof Error ? error.message : String(error)));
  }
}

/** How a person's own connection introduces itself. */
export async function introducePerson(
  config: NetworkConfig,
  naming: Naming,
  person: Person,
  known: Known | undefined,
  isFreeAccount: (account: string) => boolean,
  nowMs: number,
): Promise<Result<Introduction>> {
  const { puppets } = config;
  let sasl: SaslTalk | undefined;
  if (puppets.sasl !== undefined) {
    const account = known?.account ?? accountFor(person, naming, isFreeAccount);
    const talk = await tokenTalk(account, puppets.sasl.key, nowMs);
    if (!talk.ok) return talk;
    sasl = talk.value;
  }
  const { webirc } = puppets;
  return ok({
    ...personNames(config, naming, person),
    sasl,
    webirc:
      webirc?.password === undefined
        ? undefined
        : { password: webirc.password, gateway: webirc.gateway, host: hostOf(person), address: addressOf(person) },
  });
}

/** A user name that classic servers take: up to nine letters and digits. */
const identOf = ({ userId }: Person): string =>
  localpartOf(userId)
    .replace(/[^A-Za-z0-9]/g, '')
    .slice(0, 9)
    .toLowerCase() || 'matrix';

/** `alice.willow.example`: bans on it hit one person. */
function hostOf({ userId }: Person): string {
  const [localpart = '', server = ''] = userId.slice(1).split(/:(.*)/s);
  const label =
    localpart
      .toLowerCase()
      .replace(/[^a-z0-9-]+/g, '-')
      .replace(/^-+|-+$/g, '')
      .slice(0, 30) || 'user';
  const domain =
    server
      .toLowerCase()
      .replace(/:[0-9]+$/, '')
      .replace(/[^a-z0-9.-]/g, '')
      .slice(0, 30) || 'matrix';
  return `${label}.${domain}`;
}

/** A private address (ULA) that is always the same for a person. */
function addressOf({ userId }: Person): string {
  const hex = createHash('sha256').update(userId).digest('hex');
  const groups = hex.slice(0, 30).match(/.{1,4}/g) ?? [];
  return ['fd', ...groups].join('').slice(0, 32).match(/.{4}/g)?.join(':') ?? 'fd00::1';
}

const noToken = (why: string): BridgeError => ({
  code: 'irc_token_failed',
  text: `No login token could be made: ${why}. An admin has to check puppets.sasl in the configuration.`,
  retry: 'later',
  notify: 'log',
});
