import { z } from 'zod';
import { key } from './doc.ts';

/** The part of a network's configuration that only `kind: freeq` has. */
export const freeqSchema = z.strictObject({
  login: key(z.enum(['key', 'guest']).default('key'), {
    text: '`key`: the bot and every person with a connection have an identity of their own (did:key), made at the first start; a nick belongs to it for ever. `guest`: nobody has one; nicks can be taken by others, edits and history prove less, and `causeway status` says so.',
  }),
  web: key(
    z
      .string()
      .regex(/^https?:\/\/[^\s/]+(\/[^\s]*[^\s/])?$/)
      .max(300)
      .optional(),
    {
      text: 'Web address of the server. With it every bridged message links to the page where the server says what it can check of it.',
      form: 'an http or https address without a slash at its end',
      example: 'https://irc.freeq.at',
    },
  ),
  keys: key(z.string().min(1).default('./freeq-keys'), {
    text: 'Directory of the private keys, one file each, for nobody else to read. Whoever has them is us: back it up as a secret. Lost keys mean new nicks.',
    form: 'a path',
    path: 'write',
  }),
});
