/** This machine, a private network, or a single name as containers have it. */
export const isNear = (host: string): boolean =>
  /^(127\.|10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|::1$|f[cd][0-9a-f]{2}:|[a-z0-9_-]+$)/i.test(host) ||
  host.endsWith('.localhost');
