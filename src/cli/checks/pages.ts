import type { ConfigParts } from '../../config/parts.ts';
import { PAGES_PATH } from '../../core/pages.ts';
import { ask } from './ask.ts';
import { badAt, type Finding, goodRunning, netWords, noteAt } from './finding.ts';
import { tellListen, tryBind } from './listen.ts';

/** No page has this id. What the bridge says of it begins with {@link OURS}. */
const NO_PAGE = `${PAGES_PATH}/check`;
const OURS = 'Nothing is here.';

/**
 * Whether people on networks can follow links to pictures and long messages.
 * @param running whether Causeway answers already, so that the whole way can be tried
 */
export async function checkPages(parts: ConfigParts, running: boolean): Promise<Finding[]> {
  const { http } = parts;
  if (http === undefined) return [];
  const { publicUrl, publicListen } = http;
  if (publicUrl === undefined) {
    return [
      noteAt(parts, ['http'])(
        'People on the networks are told of pictures and files, and get no links to them.',
        'Set http.publicUrl, and let a reverse proxy pass it on to http.publicListen; docs/media.md says how.',
      ),
    ];
  }
  const path = ['http', 'publicListen'] as const;
  const trouble = await tryBind(publicListen);
  const ours = trouble === 'EADDRINUSE' && running;
  const listening = tellListen(parts, path, publicListen, ours ? 'ours' : trouble);
  return ours ? [listening, await tryWhole(parts, publicUrl)] : [listening];
}

async function tryWhole(parts: ConfigParts, publicUrl: string): Promise<Finding> {
  const bad = badAt(parts, ['http', 'publicUrl']);
  const remedy =
    'Let the reverse proxy pass it on to http.publicListen, with the path as it is; docs/media.md says how.';
  try {
    const { status, text } = await ask(`${publicUrl}${NO_PAGE}`);
    if (status === 404 && text.startsWith(OURS)) return goodRunning('links', `${publicUrl} leads here`);
    return bad(`${publicUrl} does not lead to Causeway (status ${status} for ${NO_PAGE}).`, remedy);
  } catch (error) {
    return noteAt(parts, ['http', 'publicUrl'])(
      `${publicUrl} cannot be reached from this machine: ${netWords(error)}. People elsewhere may.`,
      'Try a link from another network.',
    );
  }
}
