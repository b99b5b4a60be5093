import { z } from 'zod';
import { ASSURANCES, TRUSTS } from '../core/identity/assurance.ts';
import { key } from './doc.ts';
import { line } from './forms.ts';

/** The part of the configuration that says who vouches for whom, and how it shows. */

/** Whose server a network is. */
export const trust = key(z.enum(TRUSTS).default('foreign'), {
  text: 'Whose server this is, which says what its accounts are worth. `own`: the cooperative’s; its accounts are `local`. `shard`: another cooperative’s; `cross-shard`. `foreign`: anybody’s; `peer-vouched`. An account that is linked to a member is `local` on each.',
  form: 'own, shard or foreign',
  sample: 'live',
  reload: true,
});

/** A name with places to fill in: {nick}, {account}, {origin}, {network}, and at most so much besides. */
const nameTemplate = (must: string) =>
  line(60)
    .refine((text) => text.includes(must) && !/\{(?!(?:nick|account|origin|network)\})/.test(text))
    .refine((text) => text.replace(/\{[a-z]+\}/g, '').length <= 24);

/** Names of ghosts. */
export const displayNamesSchema = z.strictObject({
  here: key(nameTemplate('{nick}').optional(), {
    text: 'Name on Matrix of a person of this network; otherwise `{nick} (IRC)`, and on freeq `{nick} (freeq)`. {nick}, {account} and {network} are filled in. What stands behind the nick is what tells people apart from members: it cannot be imitated by a nick.',
    form: 'a name with {nick} in it and at most 24 characters besides what is filled in',
    example: '"{nick} ({network})"',
    reload: true,
  }),
  via: key(
    nameTemplate('{origin}')
      .refine((text) => text.includes('{nick}'))
      .default('{nick} via {origin}'),
    {
      text: 'Name of a person of another server, which {origin} names and which alone vouches for them.',
      form: 'a name with {nick} and {origin} in it and at most 24 characters besides what is filled in',
      reload: true,
    },
  ),
});

const ASSURANCE_FORM = 'anonymous, peer-vouched, cross-shard or local';

/** What somebody of a channel has to be vouched for. */
export const assuranceSchema = z.strictObject({
  relay: key(z.enum(ASSURANCES).default('anonymous'), {
    text: 'Least assurance of a person of the channel whose lines come into the room. `anonymous`: everybody. `peer-vouched`: whoever is logged in somewhere. `cross-shard`: logged in on a network with `trust: shard` or `own`. `local`: logged in on our own network, or with an account that is linked to a member.',
    form: ASSURANCE_FORM,
    example: 'peer-vouched',
    reload: true,
  }),
  ghost: key(z.enum(ASSURANCES).default('anonymous'), {
    text: 'Least assurance of a person who stands in the room as a user of their own. The bot speaks for the others, with their name in the text.',
    form: ASSURANCE_FORM,
    reload: true,
  }),
  voice: key(z.enum(['none', ...ASSURANCES]).default('none'), {
    text: 'Least assurance of a person to whom the bot gives voice in the channel, where it is an operator there and an authority is configured. `none`: only to those whose role gives them more than that.',
    form: `none, ${ASSURANCE_FORM}`,
    reload: true,
  }),
});
