/** A network of the kind freeq, as the configuration has it: one channel, and a key for everybody of ours. */
export const freeqNetwork = (
  port: number,
  keys: string,
  more: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> => ({
  id: 'sea',
  kind: 'freeq',
  server: { host: '127.0.0.1', port, tls: false },
  bot: { nick: 'causeway' },
  freeq: { login: 'key', keys },
  channels: [{ channel: '#commons', room: '#commons' }],
  ...more,
});
