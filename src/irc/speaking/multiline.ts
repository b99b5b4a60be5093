/** Messages of several lines on the wire (IRCv3 draft/multiline): a batch that the server takes, or refuses, as one. */
import type { OutgoingLine as WireLine } from '../../core/irc/encode.ts';
import { joinedMultiline, type MultilineLimits, multilineLimits, unpackMultiline } from '../../core/irc/multiline.ts';
import type { Link } from '../wire/link.ts';

export const MULTILINE = 'draft/multiline';
const CONCAT = 'draft/multiline-concat';

/** What this connection may say as one message. Only with labels or ids of ours: an echo without could not be told from another's lines. */
export function takesMultiline(link: Link | undefined): MultilineLimits | undefined {
  if (link === undefined || link.multilineRefused) return undefined;
  const isKnownAgain = link.hasCap('labeled-response') || link.ids.stamp !== undefined;
  const hasAll = isKnownAgain && [MULTILINE, 'batch', 'message-tags'].every((cap) => link.hasCap(cap));
  return hasAll ? multilineLimits(link.capValue(MULTILINE) ?? '') : undefined;
}

export const isMultiline = (part: string): boolean => /[\n\v]/.test(part);

let batches = 0;

/** The commands of one message; tags of the message belong on the first. */
export function multilineWires(
  command: string,
  channel: string,
  part: string,
  tags: ReadonlyMap<string, string>,
): { readonly wire: WireLine; readonly following: readonly WireLine[]; readonly body: string } {
  const ref = `m${(++batches).toString(36)}`;
  const members = unpackMultiline(part).map(({ text, goesOn }): WireLine => {
    const memberTags: [string, string][] = [['batch', ref], ...(goesOn ? [[CONCAT, ''] as [string, string]] : [])];
    return { tags: new Map(memberTags), command, params: [channel, text] };
  });
  return {
    wire: { tags, command: 'BATCH', params: [`+${ref}`, MULTILINE, channel] },
    following: [...members, { command: 'BATCH', params: [`-${ref}`] }],
    body: joinedMultiline(part),
  };
}

/** The server refuses a message of several lines: `FAIL BATCH MULTILINE_…`, without a label and perhaps twice. */
export const isMultilineRefusal = (command: string, [of, code = '']: readonly string[]): boolean =>
  command === 'FAIL' && of === 'BATCH' && code.startsWith('MULTILINE_');
