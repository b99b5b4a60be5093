/** What a Go server reads ahead of the request it serves (bufio's default); what lies beyond is left in the socket. */
const READ_AHEAD_BYTES = 4_096;

/**
 * The beginning of another request, never to be finished. It follows each reading request, so that the server does not
 * notice when we leave before it has answered, be it by a `kill -9`.
 *
 * Why: while Go's net/http serves a request it reads on, to cancel the work when the connection ends; but once a byte
 * of a next request has come it stops looking (`connReader.backgroundRead`). Dendrite v0.15.2 with the SQLite driver
 * that it pins (modernc.org/sqlite v1.34.5) keeps its reading transaction open for good when it is cancelled, and every
 * write fails from then on (`SQLITE_BUSY`) until it panics. Every bridge that died in traffic stopped it so.
 */
export const NEXT_BEGUN = `GET / HTTP/1.1\r\nX-Unfinished: ${'-'.repeat(READ_AHEAD_BYTES)}`;
