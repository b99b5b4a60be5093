/** No group has more than a hundred thousand members. */
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;

/** Cuts a stream into LDAP messages (BER: 0x30, length, content). Memory is bounded by one message. */
export class Frames {
  readonly #chunks: Buffer[] = [];
  #bytes = 0;
  #wanted = 2;

  /** Whole messages, in order. @throws when what comes is no LDAP, or too long for any use that we have */
  *push(chunk: Buffer): Iterable<Buffer> {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    while (this.#bytes >= this.#wanted) {
      const all = this.#chunks.length === 1 ? (this.#chunks[0] ?? chunk) : Buffer.concat(this.#chunks);
      const total = messageLength(all);
      this.#chunks.splice(0, this.#chunks.length, all);
      if (total === undefined || total > all.length) {
        this.#wanted = total ?? all.length + 1;
        return;
      }
      this.#chunks.splice(0, 1, ...(total < all.length ? [all.subarray(total)] : []));
      this.#bytes -= total;
      this.#wanted = 2;
      yield all.subarray(0, total);
    }
  }
}

/** Header and content of the first message; undefined while the header is not whole. */
function messageLength(bytes: Buffer): number | undefined {
  if (bytes[0] !== 0x30) throw new Error('it does not speak LDAP');
  const first = bytes[1];
  if (first === undefined) return undefined;
  if (first < 0x80) return 2 + first;
  const count = first & 0x7f;
  if (count === 0 || count > 4) throw new Error('it does not speak LDAP');
  if (bytes.length < 2 + count) return undefined;
  const length = bytes.readUIntBE(2, count);
  if (length > MAX_MESSAGE_BYTES) throw new Error(`it sent a message of ${length} bytes`);
  return 2 + count + length;
}
