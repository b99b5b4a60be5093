/** How a network stands, for people. */
export type NetworkStatus = {
  readonly state: 'connecting' | 'up' | 'down' | 'refused';
  /** A sentence: what is wrong and what to do, where something is. */
  readonly problem?: string;
  /** Sentences about what is no problem, but may be wanted otherwise. */
  readonly notes?: readonly string[];
  readonly sinceMs: number;
  readonly puppets: { readonly connected: number; readonly wanted: number };
  readonly reconnects: number;
  readonly software?: string;
  readonly channels: ReadonlyMap<
    string,
    { readonly joined: boolean; readonly problem?: string; readonly members: number }
  >;
};
