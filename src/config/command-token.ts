import { createHmac } from 'node:crypto';

/**
 * What the command line and the running bridge both know: whoever does can read the bridge's registration. Made from the token
 * there and not that token, so that what is proven by it is nothing on the homeserver. It is itself never sent.
 */
export const commandToken = (asToken: string): string =>
  createHmac('sha256', asToken).update('causeway command line').digest('base64url');
