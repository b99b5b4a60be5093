import type { NetworkMedia } from '../../events.ts';
import { safeLink } from '../../identity/provenance.ts';
import { shownFileName } from '../../text/file-name.ts';

/** Most files of one message; what is more stays in its text. */
const MAX_FILES = 10;

/** Files of a message that have an address that may be shown, each once. */
export function filesOf(media: readonly NetworkMedia[] = []): NetworkMedia[] {
  const files = media.slice(0, MAX_FILES).filter(({ url }) => safeLink(url) === url);
  return files.filter(({ url }, at) => files.findIndex((other) => other.url === url) === at);
}

/** How a file looks to people while it is only a link, or where the text of its message does not name it. */
export const linkTo = ({ url, alt, filename }: NetworkMedia): string => {
  const name = shownFileName(alt ?? filename ?? '', '');
  return name === '' ? url : `${name} ${url}`;
};
