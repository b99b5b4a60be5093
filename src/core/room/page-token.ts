const DENDRITE = /^t(\d+)_(\d+)$/;

/**
 * Where to read on so that nothing is left out. Dendrite (v0.15.2, live) ends a page of `/messages?dir=b` with the token of the
 * next smaller depth: of several events of one depth, those that did not fit on the page are on no page. Asking from the
 * depth of the page's last event again shows them, and that event once more.
 * @param end token that the page ended with; other servers' tokens are given back as they are
 * @param from token that the page was asked with: asking for it again would go round in circles
 */
export function nextPageToken(end: string, from: string | undefined): string {
  const match = DENDRITE.exec(end);
  if (match === null) return end;
  const again = `t${Number(match[1]) + 1}_${match[2]}`;
  return again === from || !Number.isSafeInteger(Number(match[1])) ? end : again;
}
