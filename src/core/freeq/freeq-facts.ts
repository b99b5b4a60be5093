import { type CapWish, LISTENER_CAPS, PUPPET_CAPS } from '../irc/cap-request.ts';
import { DEFAULT_ISUPPORT, type Isupport } from '../irc/isupport.ts';

/**
 * What holds on freeq, which sends no 005. Lengths are bytes. The server cuts no line into 512, and takes 8,191 bytes with all tags: a half of
 * that is for the tags.
 */
export const FREEQ_ISUPPORT: Isupport = {
  ...DEFAULT_ISUPPORT,
  casemapping: 'lowercase',
  chanTypes: '#&',
  prefixes: [
    { mode: 'o', symbol: '@' },
    { mode: 'h', symbol: '%' },
    { mode: 'v', symbol: '+' },
  ],
  // `-k` carries the key, too.
  chanModes: { list: 'bI', always: 'k', whenSet: '', flag: 'itnmE' },
  lineLen: 4000,
  nickLen: 64,
  channelLen: 64,
  topicLen: 512,
  modesPerLine: 1,
  chathistoryLimit: 500,
  msgRefTypes: ['timestamp'],
  inviteExceptions: 'I',
};

const SIGNING: CapWish = ['freeq.at/msgsig'];

export const FREEQ_LISTENER_CAPS: readonly CapWish[] = [...LISTENER_CAPS, SIGNING];
export const FREEQ_PUPPET_CAPS: readonly CapWish[] = [...PUPPET_CAPS, SIGNING];
