/** A file of a homeserver, out of `mxc://server/id`. */
export type Mxc = { readonly server: string; readonly mediaId: string };

/** Server name and media id by their grammar (Matrix specification, "Matrix Content (mxc://) URIs"), so that neither can lead anywhere else. */
const MXC = /^mxc:\/\/((?:[A-Za-z0-9.-]{1,255}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?)\/([A-Za-z0-9_=~.-]{1,255})$/;

/** @returns undefined for anything that is no such URI */
export function parseMxc(uri: unknown): Mxc | undefined {
  const match = typeof uri === 'string' && uri.length <= 600 ? MXC.exec(uri) : null;
  const [, server, mediaId] = match ?? [];
  if (server === undefined || mediaId === undefined || /^\.+$/.test(server) || /^\.+$/.test(mediaId)) return undefined;
  return { server, mediaId };
}
