/** What became of an assertion that somebody presented. `text` and `code` say nothing of what stands in it. */
export type VisitAnswer =
  | {
      readonly kind: 'admitted';
      readonly agreement: string;
      readonly userId: string;
      /** Milliseconds since 1970. */
      readonly untilMs: number;
      /** As people call them. */
      readonly rooms: readonly string[];
    }
  | { readonly kind: 'refused'; readonly code: string; readonly text: string }
  /** Nobody can say now; the same again later is right. */
  | { readonly kind: 'unknown'; readonly text: string };

/** Lets people of other shards in for whom their home vouches (docs/agreements.md). */
export interface VisitSource {
  /** @param assertion a signed JWT. Never rejects for what is in it. */
  visit(assertion: string): Promise<VisitAnswer>;
}
