import { relationOf } from './convert/from-matrix/relation.ts';
import type { KeyedEffect, MatrixEvent } from './events.ts';
import type { PageContent } from './share-page.ts';
import { urlFileName } from './text/file-name.ts';

/**
 * Makes one link of ours for one event. The id is at least 128 random bits and made outside the core: whoever has the
 * link may read the page, so nobody may guess it.
 */
export type PageMaker = {
  readonly id: string;
  /** Where people reach us, without a slash at the end. */
  readonly baseUrl: string;
  /** Largest file that is passed on. */
  readonly maxBytes: number;
};

/** A page and the effect that makes it; the effect belongs among those that name the link, so that one commit stores both. */
export type SharedPage = { readonly url: string; readonly effect: KeyedEffect };

export const PAGES_PATH = '/m';

/**
 * Makes something of an event readable by link.
 * @param part tells several pages of one event apart
 */
export function sharePage(event: MatrixEvent, maker: PageMaker, content: PageContent, part = 0): SharedPage {
  const id = part === 0 ? maker.id : `${maker.id}${part}`;
  const name = content.kind === 'file' ? `/${urlFileName(content.name)}` : '';
  return {
    url: `${maker.baseUrl}${PAGES_PATH}/${id}${name}`,
    effect: {
      key: `page|${event.event_id}|${part}`,
      effect: {
        op: 'page.share',
        id,
        room: event.room_id,
        eventId: event.event_id,
        rootId: relationOf(event.content).edits ?? event.event_id,
        userId: event.sender,
        content,
      },
    },
  };
}
