import type { Authority } from '../ports/authority.ts';
import { unknown } from './unknown.ts';

const NONE = unknown(
  'unreachable',
  'This source of members knows of no agreements with other shards, so nobody comes as a visitor. A list in a file can have them.',
);

/** Of authorities that only know members; `supports` has no `agreements` then. */
export const withoutAgreements: Pick<Authority, 'agreements' | 'admitVisitor'> = {
  agreements: () => Promise.resolve(NONE),
  admitVisitor: () => Promise.resolve(NONE),
};
