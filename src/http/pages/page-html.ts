import { createHash } from 'node:crypto';
import { escapeHtml } from '../../core/text/spans-to-html.ts';

const STYLE =
  ':root{color-scheme:light dark}body{font:1.0625rem/1.5 system-ui,sans-serif;max-width:44rem;margin:2.5rem auto;padding:0 1rem;overflow-wrap:anywhere}pre{font:inherit;white-space:pre-wrap;margin:0}footer{margin-top:2rem;opacity:.7;font-size:.875rem}';

/** Nothing but our own style may run, and no page may frame it. */
export const HTML_POLICY = `sandbox; default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

const FOOTER = 'Shared by a bridge between Matrix and IRC.';

/** A text of somebody as a page: what they wrote, line by line, and nothing of it as markup. */
export const textPage = (text: string): string => page('Message', `<pre>${escapeHtml(text)}</pre>`);

/** A few words of ours. */
export const wordsPage = (title: string, words: string): string =>
  page(title, `<h1>${escapeHtml(title)}</h1><p>${escapeHtml(words)}</p>`);

const page = (title: string, body: string): string =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="robots" content="noindex"><title>${escapeHtml(title)}</title><style>${STYLE}</style></head><body><main>${body}</main><footer>${escapeHtml(FOOTER)}</footer></body></html>\n`;
