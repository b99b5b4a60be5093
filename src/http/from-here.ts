import type { IncomingMessage } from 'node:http';

/** `127.0.0.0/8`, also as IPv6 writes it. */
const LOOPBACK = /^(::ffff:)?127\.\d{1,3}\.\d{1,3}\.\d{1,3}$|^::1$/;
const LOOPBACK_NAMES = /^(localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])$/;
/** Signs of a proxy that passes on what somebody elsewhere asks. */
const PASSED_ON = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'];
/** What browsers send along and people’s programs do not. */
const BROWSER = ['origin', 'sec-fetch-site', 'referer', 'cookie'];

/**
 * Whether a program on this machine asks, rather than somebody behind a proxy or a page in a browser. The name that was
 * asked for counts too: a page elsewhere can have its own name lead to this machine.
 */
export function isFromHere({ socket, headers }: IncomingMessage): boolean {
  const { remoteAddress = '', localAddress } = socket;
  // A machine that asks itself by an address of its own comes from that address.
  if (!LOOPBACK.test(remoteAddress) && remoteAddress !== localAddress) return false;
  if ([...PASSED_ON, ...BROWSER].some((name) => headers[name] !== undefined)) return false;
  const name = (headers.host ?? '').replace(/:\d{1,5}$/, '');
  return LOOPBACK_NAMES.test(name) || name.replace(/^\[|\]$/g, '') === localAddress?.replace(/^::ffff:/, '');
}
