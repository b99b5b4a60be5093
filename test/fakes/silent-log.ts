import type { Log } from '../../src/ports/log.ts';

export const silentLog: Log = { error() {}, warn() {}, info() {}, debug() {}, with: () => silentLog };
