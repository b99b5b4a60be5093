/** How long things may take, in milliseconds. Tests shorten them. */
export type Timings = {
  /** Pulse at which deadlines are looked at. */
  readonly tickMs: number;
  readonly registrationMs: number;
  /** Silence after which the listener asks whether the server is there… */
  readonly idleMs: number;
  /** …and after which the link counts as dead. */
  readonly deadMs: number;
  /** The same for puppets, of which there are many. */
  readonly puppetIdleMs: number;
  readonly puppetDeadMs: number;
  readonly backoffFirstMs: number;
  readonly backoffMaxMs: number;
  /** For an answer to JOIN, TOPIC, CHATHISTORY. */
  readonly answerMs: number;
  /** For the confirmation of a written line. */
  readonly confirmMs: number;
  /** How long a confirmed line waits for the listener to see it too. */
  readonly sightMs: number;
  /** How long a nick stays ours after its connection closed, unless the listener saw it leave. */
  readonly nickLingerMs: number;
  /** How long a doubtful line waits for its closed connection to be seen leaving, before history is asked. */
  readonly departureMs: number;
  /** Least time between two nick changes of a puppet. */
  readonly renameMs: number;
  /** Least time between two signs of a kind over a puppet's connection: away, and what is read. */
  readonly signMs: number;
  /** How long a line waits for its person's own connection before the bot speaks for them. */
  readonly voiceMs: number;
  /** Until a puppet that could not connect is tried again; meanwhile the relay speaks. */
  readonly retryPuppetMs: number;
  /** Until one that was banned is tried again; doubled each time, up to the other. */
  readonly banFirstMs: number;
  readonly banMaxMs: number;
  /** Least time between two tries for people who are banned, while none of them is let in. */
  readonly banGapMs: number;
  /** How long lines wait for people to come back after the server was away: to a channel of which nobody can read up, and those to somebody alone. */
  readonly gatherMs: number;
  /** Wait before the listener enters a channel again that it was thrown out of, doubling. */
  readonly rejoinFirstMs: number;
  readonly rejoinMaxMs: number;
  /** How often a channel's policy is asked for, where nobody is told of one. */
  readonly policyMs: number;
  /** How often it is noted up to when the network was heard. */
  readonly heardMs: number;
  /** A goodbye may take so long. */
  readonly quitMs: number;
  /** The goodbye of somebody who must go. */
  readonly evictMs: number;
};

export const DEFAULT_TIMINGS: Timings = {
  tickMs: 250,
  registrationMs: 60_000,
  idleMs: 15_000,
  deadMs: 45_000,
  puppetIdleMs: 45_000,
  puppetDeadMs: 75_000,
  backoffFirstMs: 500,
  backoffMaxMs: 60_000,
  answerMs: 20_000,
  confirmMs: 30_000,
  sightMs: 1000,
  nickLingerMs: 60_000,
  departureMs: 3000,
  renameMs: 30_000,
  signMs: 5_000,
  voiceMs: 15_000,
  retryPuppetMs: 60_000,
  banFirstMs: 300_000,
  banMaxMs: 3_600_000,
  banGapMs: 10_000,
  gatherMs: 12_000,
  rejoinFirstMs: 2000,
  rejoinMaxMs: 300_000,
  policyMs: 60_000,
  heardMs: 10_000,
  quitMs: 2500,
  evictMs: 800,
};
