import { isIP } from 'node:net';
import { z } from 'zod';
import { key } from './doc.ts';
import { MAX_KEYS } from './verifying-keys.ts';

/**
 * The forms of values that are text. Each is bounded, and none lets a control character through: they end in IRC
 * lines, URLs, file names and SQL parameters.
 */

const printable = /^[^\p{Cc}]*$/u;

/** One line of text without control characters. */
export const line = (maxLength: number, minLength = 1): z.ZodString =>
  z.string().min(minLength).max(maxLength).regex(printable);

/** One word: what IRC takes as a parameter that is not the last. */
export const word = (maxLength: number): z.ZodString =>
  z
    .string()
    .min(1)
    .max(maxLength)
    .regex(/^[^\p{Cc}\s:][^\p{Cc}\s]*$/u);

/** A secret: any one line, as IRC and HTTP can carry it. */
export const secret = (): z.ZodString => line(4096);

export const port = (): z.ZodNumber => z.number().int().min(1).max(65535);
export const count = (max: number, min = 0): z.ZodNumber => z.number().int().min(min).max(max);

/** Host of a server: a DNS name or an address; an IPv6 address without brackets. */
export const host = (): z.ZodString =>
  z
    .string()
    .max(253)
    .regex(/^([A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)$/);

/** An address, or a network as `10.1.2.0/24`. */
export const addressRange = (): z.ZodString =>
  z
    .string()
    .max(50)
    .refine((text) => {
      const [address = '', prefix, ...rest] = text.split('/');
      const bits = { 4: 32, 6: 128 }[isIP(address)];
      if (bits === undefined || rest.length > 0) return false;
      return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= bits);
    });

/** An http(s) URL without query, fragment, user and trailing slash. */
export const httpUrl = (): z.ZodString =>
  z
    .string()
    .max(2000)
    .regex(/^https?:\/\/[^\s/?#@\\]+(\/[^\s?#\\]*[^\s?#\\/])?$/)
    .refine(URL.canParse);

/** Server name of Matrix ids: host and perhaps a port (Matrix specification, appendix "Server name"); lower case. */
export const serverName = (): z.ZodString =>
  z
    .string()
    .max(230)
    .regex(/^([a-z0-9.-]+|\[[0-9a-f:.]{2,45}\])(:\d{1,5})?$/);

/** `#localpart`, `#alias:server` or `!room:server` (room version 12: `!room`). */
export const room = (): z.ZodString =>
  z
    .string()
    .max(255)
    .regex(/^(#[^\s:\p{Cc}]+(:[A-Za-z0-9.:[\]-]+)?|![A-Za-z0-9_-]+(:[A-Za-z0-9.:[\]-]+)?)$/u);

/** A channel: `#` (or `&`, `+`, `!`), then no space, comma, colon-first or control character (RFC 2812 §1.3). */
export const channel = (): z.ZodString =>
  z
    .string()
    .max(200)
    .regex(/^[#&+!][^\s,\p{Cc}]+$/u);

/** A key set (RFC 7517 §5); what its keys are is checked key by key, with `whyNotVerifying`. */
export const publicKeys = () =>
  z.strictObject({
    keys: key(z.array(z.record(z.string(), z.unknown())).min(1).max(MAX_KEYS), {
      text: 'Each of them as RFC 7517 writes it, without its private part.',
    }),
  });
