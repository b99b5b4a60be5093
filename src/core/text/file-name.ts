import { safeName } from './safe-name.ts';

const MAX_URL_NAME = 40;

/** A file's name as people are shown it and as a browser may save it: one line, no path, nothing that hides or turns text. */
export function shownFileName(name: string, fallback: string): string {
  const last = name.split(/[/\\]/).findLast((part) => part.trim() !== '') ?? '';
  return safeName(last.replace(/^\.+/, ''), fallback);
}

/** The same as the end of a short link: ASCII letters, digits, dots, dashes and underscores only; the ending is kept. */
export function urlFileName(name: string): string {
  const plain = shownFileName(name, 'file')
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^A-Za-z0-9.-]+/g, '_')
    .replace(/\.{2,}/g, '.')
    .replace(/^[._-]+|[._-]+$/g, '');
  if (plain === '') return 'file';
  if (plain.length <= MAX_URL_NAME) return plain;
  const ending = /\.[A-Za-z0-9]{1,8}$/.exec(plain)?.[0] ?? '';
  return plain.slice(0, MAX_URL_NAME - ending.length) + ending;
}

/** `120 kB`, `1.4 MB`: thousands, as the field writes them. */
export function shownSize(bytes: number): string {
  if (bytes < 1000) return bytes === 1 ? '1 byte' : `${bytes} bytes`;
  const units = ['kB', 'MB', 'GB', 'TB'];
  let value = bytes / 1000;
  let unit = 0;
  // 999.6 kB would be shown as 1000 kB.
  while (Math.round(value) >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${value < 9.95 ? value.toFixed(1).replace(/\.0$/, '') : Math.round(value)} ${units[unit]}`;
}
