/** Where to listen, out of `host:port`. */
export type ListenAddress = { readonly host: string; readonly port: number };

/** `127.0.0.1:9009`, `localhost:9009`, `[::1]:9009`, `:9009` (all addresses); undefined for anything else. */
export function parseListen(text: string): ListenAddress | undefined {
  const match = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]*):(\d{1,5})$/.exec(text);
  if (match === null) return undefined;
  const port = Number(match[2]);
  if (port < 1 || port > 65535) return undefined;
  const host = (match[1] ?? '').replace(/^\[|\]$/g, '');
  return { host: host === '' ? '::' : host, port };
}

/** {@link parseListen} of a value that the schema has admitted. */
export function listenAddress(admitted: string): ListenAddress {
  const address = parseListen(admitted);
  if (address === undefined) throw new TypeError(`not an admitted listen address: ${admitted}`);
  return address;
}
