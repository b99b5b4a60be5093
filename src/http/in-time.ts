/** What somebody waits for did not come. */
export class Late extends Error {
  override readonly name = 'Late';
}

/** An answer within a time. @throws {@link Late} with the sentence */
export function inTime<T>(answer: Promise<T>, timeoutMs: number, sentence: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Late(sentence)), timeoutMs);
    answer.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
