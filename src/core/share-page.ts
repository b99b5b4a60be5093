/** What a page of ours shows: plain text, or a file of the homeserver. */
export type PageContent =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'file'; readonly mxc: string; readonly name: string };

/** Makes something of an event readable by link. Carried out by being stored, in one commit with the line that names it. */
export type SharePage = {
  readonly op: 'page.share';
  readonly id: string;
  readonly room: string;
  readonly eventId: string;
  /** The message that this event is a version of; itself where it replaces none. */
  readonly rootId: string;
  readonly userId: string;
  readonly content: PageContent;
};
