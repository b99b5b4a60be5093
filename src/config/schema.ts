import { z } from 'zod';
import { type DeepReadonly, key, secretFile } from './doc.ts';
import { httpUrl, serverName } from './forms.ts';
import { parseListen } from './listen.ts';
import { authoritySchema } from './schema-authority.ts';
import { cooperativeSchema } from './schema-cooperative.ts';
import { mediaSchema } from './schema-media.ts';
import { moderationSchema } from './schema-moderation.ts';
import { networkSchema } from './schema-network.ts';

/**
 * The configuration: the one source of its types, of `config.sample.yaml`, of `docs/configuration.md` and of the
 * messages about mistakes. Names are a contract (other programs write this file): renaming one is a migration.
 */

const listen = (): z.ZodString =>
  z
    .string()
    .max(300)
    .refine((text) => parseListen(text) !== undefined);
const listenForm = 'host:port, such as 127.0.0.1:9009';
const urlForm = 'an http(s) URL without a slash at the end, such as http://127.0.0.1:8008';

const homeserver = z.strictObject({
  url: key(httpUrl(), {
    text: 'Where the homeserver answers clients.',
    form: urlForm,
    example: 'http://127.0.0.1:8008',
    sample: 'live',
  }),
  serverName: key(serverName(), {
    text: 'The part of your Matrix ids after the colon: global.server_name in dendrite.yaml.',
    form: 'the name alone, lower case, such as willow.example',
    example: 'willow.example',
    sample: 'live',
  }),
});

const appservice = z.strictObject({
  listen: key(listen().default('127.0.0.1:9009'), {
    text: 'Where Causeway waits for the homeserver.',
    form: listenForm,
    sample: 'live',
  }),
  url: key(httpUrl().default('http://127.0.0.1:9009'), {
    text: 'The same place as the homeserver reaches it; goes into registration.yaml. In Docker: the name of the service, not localhost.',
    form: 'an http(s) URL without a slash at the end, such as http://127.0.0.1:9009',
    sample: 'live',
  }),
  registration: key(z.string().min(1).max(4096).default('./registration.yaml'), {
    text: 'The registration, made by `causeway register`. The homeserver has to load the same file.',
    form: 'a path',
    path: 'write',
    sample: 'live',
  }),
  queryToken: key(z.boolean().default(false), {
    text: 'Also accept the homeserver’s token in the query string, as homeservers before Matrix 1.4 (and Dendrite with legacy_auth) send it. Tokens in URLs end up in logs.',
  }),
});

const http = z.strictObject({
  listen: key(listen().default('127.0.0.1:9010'), {
    text: 'Where health, metrics and administration answer. Keep it away from the internet.',
    form: listenForm,
    sample: 'live',
  }),
  publicUrl: key(httpUrl().optional(), {
    text: 'Where people everywhere reach what is shared with them by link: pictures and long messages, for people on the networks. A reverse proxy passes it on to `http.publicListen`. Without it they are told that there is a file, and get no link.',
    form: 'an http(s) URL without a slash at the end, such as https://bridge.willow.example',
    example: 'https://bridge.willow.example',
  }),
  publicListen: key(listen().default('127.0.0.1:9011'), {
    text: 'Where the pages behind `http.publicUrl` answer. Nothing else does there: only this may be open to the internet.',
    form: listenForm,
  }),
});

const log = z.strictObject({
  level: key(z.enum(['error', 'warn', 'info', 'debug']).default('info'), {
    text: 'How much is logged.',
    reload: true,
    sample: 'live',
  }),
  format: key(z.enum(['pretty', 'json']).default('pretty'), {
    text: '`pretty` is for people, `json` for log collectors.',
    sample: 'live',
  }),
  lines: key(z.boolean().default(false), {
    text: 'Also log what people say. For sandboxes only.',
    reload: true,
  }),
});

/** Everything in `config.yaml`. */
export const configSchema = z.strictObject({
  homeserver: key(homeserver, { text: 'The Matrix homeserver.', sample: 'live' }),
  appservice: key(appservice.prefault({}), { text: 'How the homeserver reaches Causeway.', sample: 'live' }),
  database: key(
    z
      .string()
      .max(2000)
      .regex(/^(sqlite:[^\s\p{Cc}][^\p{Cc}]*|postgres(ql)?:\/\/[^\s\p{Cc}]+)$/u)
      .default('sqlite:./data/causeway.db'),
    {
      text: 'Where Causeway keeps what it has to remember: a SQLite file, or Postgres for larger places. Only one Causeway may use it.',
      form: 'sqlite:PATH or postgres://user:password@host:port/database',
      secret: true,
      sample: 'live',
    },
  ),
  databaseFile: secretFile('database'),
  cooperative: key(cooperativeSchema.optional(), { text: 'The cooperative, its Space and its groups.' }),
  authority: key(authoritySchema.prefault({}), { text: 'Who decides who is let in.', sample: 'live' }),
  networks: key(z.array(networkSchema).min(1).max(50), { text: 'The networks and their channels.', sample: 'live' }),
  moderation: key(moderationSchema.prefault({}), { text: 'Whom Causeway shuts out because others say so.' }),
  http: key(http.prefault({}), { text: 'Health, metrics and administration.', sample: 'live' }),
  media: key(mediaSchema.prefault({}), { text: 'Pictures, files and long messages.' }),
  log: key(log.prefault({}), { text: 'The log, on standard error.', sample: 'live' }),
});

/** The configuration as the program sees it: complete, checked, paths absolute, secrets filled in, frozen. */
export type Config = DeepReadonly<z.output<typeof configSchema>>;
/** The configuration as somebody may write it: what has a default may be left out. */
export type ConfigInput = z.input<typeof configSchema>;
export type AuthorityConfig = Config['authority'];
export type { BotConfig, ChannelConfig, NetworkConfig, PuppetsConfig, RelayConfig } from './schema-network.ts';
