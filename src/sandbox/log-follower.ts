import { open, stat } from 'node:fs/promises';

const POLL_MS = 100;
const CHUNK_BYTES = 262_144;

/** Follows a growing file from its present end, line by line. The function returned ends it. */
export async function followLog(path: string, onLine: (line: string) => void): Promise<() => void> {
  let position = await sizeOf(path);
  let rest = '';
  let over = false;
  const read = async (): Promise<void> => {
    const size = await sizeOf(path);
    if (size < position) position = 0;
    while (position < size && !over) {
      const file = await open(path, 'r');
      try {
        const { buffer, bytesRead } = await file.read({
          buffer: Buffer.alloc(Math.min(CHUNK_BYTES, size - position)),
          position,
        });
        if (bytesRead === 0) break;
        position += bytesRead;
        // Whole lines only: a character is never cut, since a line feed is no part of any other.
        const text = rest + buffer.subarray(0, bytesRead).toString('latin1');
        const lines = text.split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) onLine(Buffer.from(line, 'latin1').toString('utf8'));
      } finally {
        await file.close();
      }
    }
  };
  let timer: NodeJS.Timeout;
  const poll = async (): Promise<void> => {
    await read().catch(() => {});
    if (!over) timer = setTimeout(() => void poll(), POLL_MS);
  };
  timer = setTimeout(() => void poll(), POLL_MS);
  return () => {
    over = true;
    clearTimeout(timer);
  };
}

const sizeOf = (path: string): Promise<number> =>
  stat(path).then(
    ({ size }) => size,
    () => 0,
  );
