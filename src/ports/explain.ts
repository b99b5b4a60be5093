/** Says what the authority knows of a person and what follows from it. */
export interface ExplainSource {
  /**
   * @param person a Matrix id, subject or account, as somebody typed it
   * @param room an alias, room id or channel; without it every room that concerns the person
   * @returns sentences, one per line; also where nothing is known. Never rejects.
   */
  explain(person: string, room?: string): Promise<readonly string[]>;
}

/** Lets a held plan go on. */
export interface ConfirmSource {
  /**
   * @param hash of exactly that plan, as `causeway status` and the admin room name it
   * @param actor who confirms, for the audit log
   * @returns what became of it, as a sentence. Never rejects.
   */
  confirm(hash: string, actor: string): Promise<{ readonly ok: boolean; readonly text: string }>;
}
