import { z } from 'zod';
import { key } from './doc.ts';

/** The part of the configuration that says which small signs of people cross: who is away, what is read, what has arrived. */

export const presenceSchema = z.strictObject({
  toMatrix: key(z.boolean().default(false), {
    text: 'Whoever of the network stands in a room shows there as online, as away with what they said to it, or as offline. The homeserver has to keep presence (Dendrite: `global.presence.enable_outbound`), which costs it something for each change; the server has to tell of it (away-notify). A crowd that goes away at once is told at a few changes a second.',
  }),
  toNetwork: key(z.boolean().default(false), {
    text: 'People of Matrix who are idle or offline, or say so, are away on the network (AWAY), over connections of their own that are there.',
  }),
});

export const readMarkers = key(z.boolean().default(false), {
  text: 'What a person of Matrix has read in a room counts as read for their account on the network (MARKREAD, where the server has draft/read-marker). The server learns what they read; other people do not. Receipts that they keep private stay so.',
  reload: true,
});

const DELIVERY_MARKS = ['none', 'receipts', 'events'] as const;

export const deliveryMarks = key(z.enum(DELIVERY_MARKS).default('none'), {
  text: 'How a room shows that the network has taken what was said. `receipts`: the bot has read it, which every client shows. `events`: a `com.beeper.message_send_status` event for each message, which few clients show, for programs: taken, waiting, or refused with the reason. Whoever’s message is refused is told in words in any case.',
  form: 'none, receipts or events',
  reload: true,
});
