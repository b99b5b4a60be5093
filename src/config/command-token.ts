import { createHmac } from 'node:crypto';

/**
 * What the command line shows to the running bridge: that it can read the bridge's registration. Made from the token there
 * and not that token, so that nothing that could act on the homeserver is sent.
 */
export const commandToken = (asToken: string): string =>
  createHmac('sha256', asToken).update('causeway command line').digest('base64url');
