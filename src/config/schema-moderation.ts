import { z } from 'zod';
import { key } from './doc.ts';
import { room } from './forms.ts';

/** The part of the configuration below `moderation`. */

/** Rooms that are policy lists. */
export const policyLists = () => z.array(room()).max(100).default([]);

export const policyListsForm =
  'a list of full aliases, localparts of aliases or room ids, in quotes, such as ["#coc:willow.example"]';

export const moderationSchema = z.strictObject({
  policyLists: key(policyLists(), {
    text: 'Policy lists (rooms with m.policy.rule.* events) that hold for all channels and private conversations: nothing passes of whom a ban in them means. Invite the bot where a list is by invitation. docs/moderation.md says what follows for whom.',
    form: policyListsForm,
    example: '["#coc:willow.example"]',
    reload: true,
  }),
});
