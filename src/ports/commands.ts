/** What the bridge answers to a command. */
export type CommandAnswer = {
  /** It was done, or could be said. */
  readonly ok: boolean;
  /** Sentences for a person, one or more to a line; empty for nothing. */
  readonly text: string;
  /** The same for programs, where there is more to know than its words. */
  readonly facts?: unknown;
};

/** Answers what is asked on the command line of the bridge's machine. */
export interface CommandSource {
  /**
   * @param words the command and what stands behind it, as somebody typed them
   * @param by who asks, for the audit log
   * @returns also for what makes no sense. Never rejects for what people can type.
   */
  ask(words: readonly string[], by: string): Promise<CommandAnswer>;
}
