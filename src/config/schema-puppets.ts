import { z } from 'zod';
import { env, key, secretFile } from './doc.ts';
import { count, line, secret, word } from './forms.ts';

/** The part of the configuration that says how Matrix people appear on a network. */

const puppetSasl = z.strictObject({
  kind: key(z.literal('jwt'), {
    text: 'People’s accounts come from tokens that Causeway signs (IRCV3BEARER, Ergo’s accounts.jwt-auth).',
    example: 'jwt',
  }),
  key: key(secret(), {
    text: 'The signing key (HMAC). It opens every account of that server: keep it as a master key.',
    secret: true,
    example: env('ERGO_JWT_KEY'),
  }),
  keyFile: secretFile('key'),
  accountSuffix: key(
    z
      .string()
      .regex(/^[A-Za-z0-9_[\]{}|^-]{1,16}$/)
      .default('-mx'),
    {
      text: 'Ends the accounts and nicks of Matrix people, so that nobody’s own nick is taken from them.',
      form: '1 to 16 of letters, digits and _[]{}|^-',
    },
  ),
});

const webirc = z.strictObject({
  password: key(secret(), {
    text: 'Password of the webirc block.',
    secret: true,
    example: env('IRC_WEBIRC_PASSWORD'),
  }),
  passwordFile: secretFile('password'),
  gateway: key(word(60).default('causeway'), { text: 'Name of the gateway.' }),
});

/** Connections of Matrix people. */
export const puppetsSchema = z.strictObject({
  mode: key(z.enum(['each', 'relay']).default('each'), {
    text: '`each`: every Matrix person who speaks gets a connection and a nick. `relay`: the bot speaks for all, for networks that allow no more connections.',
    sample: 'live',
    reload: true,
  }),
  nick: key(
    z
      .string()
      .max(64)
      .regex(/^[^\s,:!@*?\p{Cc}]*\{name\}[^\s,:!@*?\p{Cc}]*$/u)
      .refine((text) => !/\{(?!name\})/.test(text))
      .default('{name}'),
    {
      text: 'Nick of a Matrix person; {name} is the display name in what the server allows.',
      form: 'a nick with {name} in it, such as "{name}" or "{name}-mx"',
      sample: 'live',
    },
  ),
  max: key(count(100_000, 0).default(100), {
    text: 'Most connections at once. People beyond it speak through the bot.',
    reload: true,
  }),
  idleMinutes: key(count(525_600).default(0), {
    text: 'A connection whose person has said nothing for so long is closed until the next line. 0 = never.',
    reload: true,
  }),
  ahead: key(count(1000).default(0), {
    text: 'Connect everybody ahead in rooms of at most so many people, so that the first line waits for nothing. 0 = at the first line.',
    reload: true,
  }),
  sasl: key(puppetSasl.optional(), { text: 'Accounts for Matrix people, on a server of your own.' }),
  webirc: key(webirc.optional(), {
    text: 'Gives every connection its own host name (WEBIRC), on a server of your own.',
  }),
  reconnectsAtOnce: key(count(1000, 1).default(10), {
    text: 'How many connections are being opened at the same time.',
    reload: true,
  }),
  connectPerSecond: key(z.number().min(0.01).max(1000).default(20), {
    text: 'Most new connections a second. Large public networks want less than 1.',
    form: 'a number from 0.01 to 1000',
    reload: true,
  }),
});

/** How the bot speaks for people. */
export const relaySchema = z.strictObject({
  format: key(
    line(200)
      .refine((text) => text.includes('{text}'))
      .default('<{name}> {text}'),
    {
      text: 'How the bot speaks for somebody: {name} and {text} are filled in.',
      form: 'a line with {text} (and {name}) in it',
      reload: true,
    },
  ),
  relaymsg: key(z.enum(['auto', 'never']).default('auto'), {
    text: '`auto`: RELAYMSG where the server offers it, so that the line carries the person’s own nick.',
    reload: true,
  }),
  suffix: key(
    z
      .string()
      .regex(/^[^\s,:!@*?.\p{Cc}]{1,16}$/u)
      .default('/mx'),
    {
      text: 'Ends the nicks of RELAYMSG; begins with a separator that the server asks for (Ergo: /).',
      form: '1 to 16 characters, such as "/mx"',
      reload: true,
    },
  ),
});
