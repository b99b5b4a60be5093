import { z } from 'zod';
import { key } from './doc.ts';
import { count } from './forms.ts';

/** The section `media`. */
export const mediaSchema = z.strictObject({
  days: key(z.number().min(0).max(3650).default(14), {
    text: 'How long a link that people on the networks get leads to its picture, file or long message. 0 = for ever. A deleted message takes its link away at once.',
    form: 'a number of days from 0 to 3650',
    reload: true,
  }),
  maxMegabytes: key(count(10_000, 1).default(100), {
    text: 'Largest file that is passed on, either way. The homeserver’s own limit holds too.',
    reload: true,
  }),
});
