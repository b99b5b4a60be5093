/**
 * Small signs of people of Matrix, each shown over their own connection and only while that is there. The last one counts, and none
 * delays a line. Forgotten when the program ends.
 */
export interface PeopleSigns {
  /** @param text what is said of them while they are away, in plain text; undefined: they are there */
  away(userId: string, text: string | undefined): void;
  /** They have read a channel, or what a nick wrote to them alone, up to then, milliseconds since 1970. Goes forward only. */
  read(userId: string, channel: string, untilMs: number): void;
}
