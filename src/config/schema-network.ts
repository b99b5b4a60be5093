import { z } from 'zod';
import { type DeepReadonly, env, file, key, secretFile } from './doc.ts';
import { channel, count, host, line, port, room, secret, word } from './forms.ts';
import { freeqSchema } from './schema-freeq.ts';
import { assuranceSchema, displayNamesSchema, trust } from './schema-identity.ts';
import { policyLists, policyListsForm } from './schema-moderation.ts';
import { puppetsSchema, relaySchema } from './schema-puppets.ts';
import { deliveryMarks, presenceSchema, readMarkers } from './schema-signs.ts';

/** The part of the configuration below `networks`. */

const server = z.strictObject({
  host: key(host(), {
    text: 'Host of the IRC server.',
    form: 'a host name or an address, without port',
    example: '127.0.0.1',
    sample: 'live',
  }),
  port: key(port(), {
    text: 'Port: 6697 with TLS, 6667 without, as a rule.',
    form: 'a number from 1 to 65535',
    example: '6667',
    sample: 'live',
  }),
  tls: key(z.boolean().default(true), {
    text: 'Whether the connection is encrypted. Without it, only on the same machine.',
    example: 'false',
    sample: 'live',
  }),
  webSocket: key(
    z
      .string()
      .regex(/^\/[\x21-\x7e]{0,200}$/)
      .optional(),
    {
      text: 'Path of a WebSocket on that port that carries IRC, where plain connections do not get through. With `tls` it is wss.',
      form: 'a path that begins with /',
      example: '/irc',
    },
  ),
  tlsFingerprint: key(
    z
      .string()
      .regex(/^([0-9A-Fa-f]{2}:?){31}[0-9A-Fa-f]{2}$/)
      .overwrite((text) => text.replaceAll(':', '').toLowerCase())
      .optional(),
    {
      text: 'SHA-256 fingerprint of the server’s certificate: trust exactly this one, for self-signed certificates.',
      form: '64 hexadecimal digits, with or without colons',
      example: '9F:86:D0:81:88:4C:7D:65:9A:2F:EA:A0:C5:5A:D0:15:A3:BF:4F:1B:2B:0B:82:2C:D1:5D:6C:15:B0:F0:0A:08',
    },
  ),
  password: key(secret().optional(), {
    text: 'Password of the server (PASS), where it asks for one.',
    secret: true,
    example: env('IRC_SERVER_PASSWORD'),
  }),
  passwordFile: secretFile('password'),
});

const botSasl = z.strictObject({
  mechanism: key(z.enum(['plain', 'external', 'scram-sha-256', 'jwt']).default('plain'), {
    text: 'How the bot proves its account. `external` uses certFile and keyFile; `jwt` signs with the key of puppets.sasl.',
  }),
  user: key(word(100).optional(), { text: 'The bot’s account.', example: 'causeway' }),
  password: key(secret().optional(), { text: 'Its password.', secret: true, example: env('IRC_BOT_PASSWORD') }),
  passwordFile: secretFile('password'),
  certFile: key(file(), {
    text: 'Client certificate (PEM) for `external`.',
    form: 'a path',
    path: 'read',
    example: './bot.crt',
  }),
  keyFile: key(file(), { text: 'Its private key (PEM).', form: 'a path', path: 'read', example: './bot.key' }),
});

const oper = z.strictObject({
  user: key(word(100), { text: 'Name of the oper block.', example: 'bridge' }),
  password: key(secret(), { text: 'Its password.', secret: true, example: env('IRC_OPER_PASSWORD') }),
  passwordFile: secretFile('password'),
});

const nickserv = z.strictObject({
  service: key(word(60).default('NickServ'), { text: 'Nick of the service.' }),
  password: key(secret(), {
    text: 'Sent as `IDENTIFY <password>` where the server offers no SASL.',
    secret: true,
    example: env('IRC_BOT_PASSWORD'),
  }),
  passwordFile: secretFile('password'),
});

/** A nick as most servers take it; the server itself decides. */
const nick = () =>
  z
    .string()
    .max(64)
    .regex(/^[^\s,:!@*?.#&$~\p{Cc}-][^\s,!@*?\p{Cc}]*$/u);

const bot = z.strictObject({
  nick: key(nick(), {
    text: 'The bot’s nick: it listens in the channels, and speaks for people who have no connection.',
    form: 'one word that begins with a letter',
    example: 'causeway',
    sample: 'live',
  }),
  user: key(word(20).default('causeway'), { text: 'Its user name (ident).' }),
  realname: key(line(100).default('Causeway, a bridge to Matrix'), { text: 'Its real name, shown by WHOIS.' }),
  sasl: key(botSasl.optional(), { text: 'Account of the bot. Give it one wherever the server has accounts.' }),
  oper: key(oper.optional(), { text: 'Operator rights for the bot, on a server of your own.' }),
  nickserv: key(nickserv.optional(), { text: 'Identification by service, for servers without SASL.' }),
});

const pace = z.strictObject({
  burst: key(count(10_000, 1), { text: 'Lines that may go out at once.', example: '5' }),
  perSecond: key(z.number().min(0.01).max(100_000), {
    text: 'Lines a second after that.',
    form: 'a number from 0.01 to 100000',
    example: '2',
  }),
});

const history = z.strictObject({
  maxLines: key(count(1_000_000).default(10_000), {
    text: 'Most lines of one channel that are fetched after a gap; older ones are named in a notice.',
    reload: true,
  }),
});

const channelLink = z.strictObject({
  channel: key(channel(), {
    text: 'The channel.',
    form: 'its name in quotes, such as "#commons"',
    example: '"#commons"',
    sample: 'live',
    reload: true,
  }),
  room: key(room(), {
    text: 'The room: made when missing. An existing one has to let the bot act.',
    form: 'the localpart of an alias ("#commons"), a full alias ("#commons:willow.example") or a room id, in quotes',
    example: '"#commons"',
    sample: 'live',
    reload: true,
  }),
  key: key(word(50).optional(), {
    text: 'Key of the channel (+k).',
    secret: true,
    example: env('GARDEN_KEY'),
    reload: true,
  }),
  keyFile: secretFile('key', true),
  group: key(z.string().max(40).optional(), {
    text: 'Group that the channel belongs to: an id of cooperative.groups.',
    example: 'garden',
    reload: true,
  }),
  require: key(z.enum(['none', 'member', 'coordinator', 'council']).optional(), {
    text: 'Least role for reading and speaking. `none`: everybody whom nothing is known against. Otherwise `member` where an authority is configured and `none` where not. With `group`, a role in that group.',
    form: 'none, member, coordinator or council',
    example: 'member',
    reload: true,
  }),
  join: key(z.enum(['restricted', 'invite']).default('restricted'), {
    text: 'How members come into the room. `restricted`: whoever is in the Space (of the group) may enter by themselves. `invite`: the bot invites each, for sensitive rooms.',
    reload: true,
  }),
  federate: key(z.boolean().optional(), {
    text: 'Whether people of cooperative.servers, and visitors, may be in the room. Fixed when the room is made. Otherwise true for `require: none` and false for all others.',
    example: 'false',
  }),
  visitors: key(z.boolean().default(true), {
    text: 'Whether people of other shards may be let in where an agreement grants it. Only where `federate` is true; never in groups that are hidden, nor where `require` is more than member.',
    reload: true,
  }),
  staleness: key(z.enum(['open', 'members', 'confidential']).optional(), {
    text: 'When the authority has not answered for authority.hardSeconds: `open` and `members` go on, `members` with an alert; `confidential` stops relaying both ways. Otherwise `open` for `require: none` and `members` for all others.',
    example: 'members',
    reload: true,
  }),
  unadmitted: key(z.enum(['drop', 'tag']).default('drop'), {
    text: 'People of the channel who are not admitted and whom the bot cannot keep out: their lines are left out, or relayed with a mark.',
    reload: true,
  }),
  guard: key(z.boolean().default(true), {
    text: 'Whether the bot keeps unadmitted people out of the channel where it is an operator there. Only with `require` other than `none`.',
    reload: true,
  }),
  assurance: key(assuranceSchema.prefault({}), {
    text: 'What somebody has to be vouched for, and by whom. As it is, everybody is shown and nobody trusted. docs/identity.md explains the words.',
    reload: true,
  }),
  policyLists: key(policyLists(), {
    text: 'Policy lists that hold for this channel and its room, besides those of moderation.policyLists.',
    form: policyListsForm,
    example: '["#commons-bans:willow.example"]',
    reload: true,
  }),
  ghosts: key(z.enum(['speakers', 'all']).default('speakers'), {
    text: '`speakers`: a person of the channel joins the room at the first line. `all`: the whole member list joins, which costs the homeserver 0.3 s a person and makes every later line dearer.',
    reload: true,
  }),
  ghostsCap: key(count(100_000).default(500), {
    text: 'With `all`: beyond so many, only speakers join.',
    reload: true,
  }),
  idleDays: key(z.number().min(0).max(3650).default(30), {
    text: 'A person of the channel who said nothing for so many days leaves the room until the next line. 0 = never.',
    form: 'a number of days from 0 to 3650',
    reload: true,
  }),
  maxLines: key(count(300, 1).default(3), {
    text: 'A message of more lines than this, or of more text than these would hold, reaches the channel as its beginning and a link to the whole of it, where http.publicUrl is set. Servers that take messages of several lines (draft/multiline) get them whole.',
    reload: true,
  }),
  name: key(line(200).optional(), {
    text: 'Name of the room when it is made. Otherwise the channel’s.',
    example: 'Commons',
    reload: true,
  }),
  topic: key(line(1000).optional(), {
    text: 'Topic of the room when it is made. Otherwise the channel’s.',
    example: 'Everything and everybody',
    reload: true,
  }),
});

/** One network of `networks`. */
export const networkSchema = z.strictObject({
  id: key(z.string().regex(/^[a-z0-9-]{1,20}$/), {
    text: 'Short name that never changes: it is part of the Matrix id of everybody on this network.',
    form: '1 to 20 of a-z, 0-9 and -',
    example: 'home',
    sample: 'live',
  }),
  kind: key(z.enum(['irc', 'freeq']).default('irc'), {
    text: 'What the network speaks. `freeq`: IRC with identities of the AT Protocol, see docs/freeq.md.',
    form: 'irc or freeq',
    sample: 'live',
  }),
  name: key(line(60).optional(), {
    text: 'The network as people name it. Otherwise what the server calls itself.',
    example: 'Willow IRC',
  }),
  trust,
  topicNote: key(z.boolean().default(true), {
    text: 'Whether the topics of the rooms end in what they are bridged with and whose server that is. It never goes to the network.',
    reload: true,
  }),
  displayNames: key(displayNamesSchema.prefault({}), { text: 'How people of this network are called on Matrix.' }),
  server: key(server, { text: 'The IRC server.', sample: 'live' }),
  bot: key(bot, { text: 'Causeway’s own connection.', sample: 'live' }),
  puppets: key(puppetsSchema.prefault({}), { text: 'The connections of Matrix people.', sample: 'live' }),
  freeq: key(freeqSchema.optional(), { text: 'With `kind: freeq`: who we are there.' }),
  relay: key(relaySchema.prefault({}), { text: 'How the bot speaks for people without a connection.' }),
  pace: key(pace.optional(), {
    text: 'Speed of sending, per connection. Without it, by what the server says of itself.',
  }),
  inDoubt: key(z.enum(['resend', 'drop']).default('resend'), {
    text: 'A line that was being sent when Causeway was killed, on a server that can neither echo nor tell its history: say it again, perhaps twice, or drop it. Both are counted and logged.',
    reload: true,
  }),
  presence: key(presenceSchema.prefault({}), {
    text: 'Who is there and who is away. docs/presence.md says what it shows and costs.',
  }),
  readMarkers,
  deliveryMarks,
  history: key(history.prefault({}), { text: 'Filling in what was said while Causeway was away.' }),
  channels: key(z.array(channelLink).max(10_000).default([]), {
    text: 'The channels and their rooms. A SIGHUP adds and removes them without touching the others.',
    sample: 'live',
    reload: true,
  }),
});

export type NetworkConfig = DeepReadonly<z.output<typeof networkSchema>>;
export type BotConfig = NetworkConfig['bot'];
export type PuppetsConfig = NetworkConfig['puppets'];
export type RelayConfig = NetworkConfig['relay'];
export type ChannelConfig = NetworkConfig['channels'][number];
