/** Which tests run how. A file belongs to the first part that takes it. */

/** Folders whose tests start real servers. */
export const NEEDS_SERVERS = ['test/contract/**/*.test.ts', 'test/servers/**/*.test.ts', 'test/e2e/**/*.test.ts'];

/** Tests that load the machine, or measure: nothing else runs beside them. */
export const ALONE = ['test/e2e/crowd.test.ts', 'test/servers/sandbox.test.ts'];

/** Tests in which something fails in traffic, and takes its time. */
export const LONGEST = ['test/e2e/*-faults.test.ts', 'test/e2e/bridge-restarts.test.ts', 'test/e2e/disk-full.test.ts'];

export const UNIT_TIMEOUT_MS = 120_000;
export const SERVER_TIMEOUT_MS = 300_000;
export const END_TO_END_TIMEOUT_MS = 600_000;
