import type { MatrixEvent } from '../../events.ts';
import { linesOf } from './lines.ts';
import { objectIn } from './view.ts';

/** Where a link leads when the cooperative names no map of its own. */
const OPEN_STREET_MAP = 'https://www.openstreetmap.org/?mlat={lat}&mlon={lon}#map=17/{lat}/{lon}';

const GEO_URI = /^geo:(-?\d{1,3}(?:\.\d{1,15})?),(-?\d{1,3}(?:\.\d{1,15})?)(?:,-?[\d.]{1,20})?(?:;|$)/;

/**
 * A place that somebody shared (Matrix 1.12 `m.location`, MSC3488), as an action: what it is called, and a link to a map.
 * @param template of the link, with `{lat}` and `{lon}`
 */
export function placeLine(content: MatrixEvent['content'], template = OPEN_STREET_MAP): string {
  const newer = objectIn(content['org.matrix.msc3488.location'] ?? content['m.location']);
  const url = [content.geo_uri, newer.uri].map((uri) => linkTo(uri, template)).find((link) => link !== undefined);
  const name = [newer.description, content.body].map(nameIn).find((text) => text !== '') ?? '';
  return ['shared a place', name === '' ? '' : `: ${name}`, url === undefined ? '' : ` ${url}`].join('');
}

function linkTo(uri: unknown, template: string): string | undefined {
  const [, lat, lon] = typeof uri === 'string' ? (GEO_URI.exec(uri) ?? []) : [];
  if (lat === undefined || lon === undefined || Math.abs(Number(lat)) > 90 || Math.abs(Number(lon)) > 180)
    return undefined;
  return template.replaceAll('{lat}', lat).replaceAll('{lon}', lon);
}

/** Where nobody named the place, clients write its coordinates or a link into the text. */
const nameIn = (text: unknown): string =>
  typeof text === 'string' && !/geo:|https?:/i.test(text) ? (linesOf(text)[0] ?? '').trim().slice(0, 200) : '';
