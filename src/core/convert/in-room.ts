import type { messageContent } from './message-content.ts';

/** What an event of ours belongs to, found in the room. */
export type InRoom =
  /** `thread`: first event of the thread that the answered one is in; `author`: whom it answers. */
  | { readonly kind: 'reply'; readonly eventId: string; readonly thread: string | null; readonly author: string | null }
  | { readonly kind: 'edit'; readonly eventId: string };

type Content = ReturnType<typeof messageContent>;

/**
 * The content of a message in its place: as an answer, which quotes nothing, since every client shows it from the event (Matrix 1.13),
 * in its thread, or as the new version of another one.
 * @param content with everything else that goes with it: it is the same in both versions of an edited text
 * @param self the ghost that says it: nobody is told that they answered themselves
 */
export function inPlace<C extends Content>(content: C, self: string, place: InRoom | undefined): object {
  if (place === undefined) return content;
  if (place.kind === 'reply') return { ...content, ...mentioning(content, place.author, self), ...replyTo(place) };
  const { body, formatted_body } = content;
  return {
    ...content,
    // For clients that know no edits. Who is meant has been told before.
    body: `* ${body}`,
    ...(formatted_body !== undefined && { formatted_body: `* ${formatted_body}` }),
    'm.mentions': {},
    'm.new_content': content,
    'm.relates_to': { rel_type: 'm.replace', event_id: place.eventId },
  };
}

function mentioning(content: Content, author: string | null, self: string): object {
  if (author === null || author === self) return {};
  const { user_ids: others = [] }: { user_ids?: readonly string[] } = content['m.mentions'];
  return { 'm.mentions': { user_ids: [...new Set([author, ...others])] } };
}

const replyTo = ({ eventId, thread }: { eventId: string; thread: string | null }): object => ({
  'm.relates_to': {
    ...(thread !== null && { rel_type: 'm.thread', event_id: thread, is_falling_back: false }),
    'm.in_reply_to': { event_id: eventId },
  },
});
