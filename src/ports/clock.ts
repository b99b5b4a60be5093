/** The only source of time and chance outside adapters, so that tests can own both. */
export interface Clock {
  /** Milliseconds since 1970, as the wall says. */
  nowMs(): number;
  /** Calls back once after `delayMs`, with 0 after whatever waits to be read and written has had its turn; the returned function cancels. A pending timer does not keep the process alive. */
  after(delayMs: number, run: () => void): () => void;
  /** Uniform in [0, 1). */
  random(): number;
}
