import { z } from 'zod';
import { key } from './doc.ts';
import { addressRange, count } from './forms.ts';

/** The section `media`. */
export const mediaSchema = z.strictObject({
  days: key(z.number().min(0).max(3650).default(14), {
    text: 'How long a link that people on the networks get leads to its picture, file or long message. 0 = for ever. A deleted message takes its link away at once.',
    form: 'a number of days from 0 to 3650',
    reload: true,
  }),
  maxMegabytes: key(count(10_000, 1).default(100), {
    text: 'Largest file that people on the networks get by a link. The homeserver’s own limit holds too.',
    reload: true,
  }),
  fetch: key(z.boolean().default(true), {
    text: 'Whether files that a network itself says belong to a message (freeq’s media tags) are fetched and shown on Matrix as pictures, films and files. Otherwise, and for every other link, the link stays a link.',
  }),
  fetchMegabytes: key(count(1_000, 1).default(20), {
    text: 'Largest file that is fetched so; a larger one stays a link.',
  }),
  fetchFrom: key(z.array(addressRange()).max(100).default([]), {
    text: 'Addresses in your own network from which files may be fetched too. Nothing is fetched from private addresses otherwise, for whoever writes a link could make Causeway ask your other machines.',
    form: 'a list of addresses or networks, such as ["10.1.2.0/24"]',
    example: '["10.1.2.0/24"]',
  }),
});
