import { StoreUnavailable } from '../../ports/db.ts';

/**
 * Classes of SQLSTATE (PostgreSQL, appendix A) in which only the statement is wrong; everything else that a server
 * says concerns the server. `42501`, rights taken away, is the exception within its class.
 */
const STATEMENT_CLASSES = new Set(['0A', '21', '22', '23', '25', '26', '42', '54']);
const NOT_THE_STATEMENT = new Set(['42501', '25006', '25P03']);

/** What people are told, by SQLSTATE or by code of the socket: what it is, and what to do. */
const REMEDIES: Readonly<Record<string, string>> = {
  '25006': 'takes no writes (a standby?): give the address of the primary',
  '28000': 'refuses this user: look at pg_hba.conf',
  '28P01': 'refuses the password: correct it in the configuration',
  '3D000': 'does not exist: create it (createdb), with the encoding UTF8',
  '42501': 'does not let this user do what it must: make the user the owner of the database',
  '53100': 'has a full disk: free some space there, the bridge goes on by itself',
  '53200': 'is out of memory',
  '53300': 'has no connection left: raise max_connections, or end other programs’ connections',
  '55P03': 'is locked by another program (a long ALTER or VACUUM FULL?)',
  '57014': 'did not finish a statement in time: look at its load and its disk',
  '57P01': 'was shut down or ended our session',
  '57P02': 'crashed and restarts',
  '57P03': 'is starting up or shutting down',
  ECONNREFUSED: 'is not reachable: nothing listens there. Start PostgreSQL, or correct the address',
  ECONNRESET: 'closed the connection',
  EHOSTUNREACH: 'is not reachable: no way leads to its host',
  ENETUNREACH: 'is not reachable: no way leads to its network',
  ENOTFOUND: 'is not reachable: its host name is unknown',
  EAI_AGAIN: 'is not reachable: its host name cannot be looked up now',
  ENOENT: 'is not reachable: there is no such socket',
  ETIMEDOUT: 'does not answer',
};

const SQLSTATE = /^[0-9A-Z]{5}$/;

/** SQLSTATE of what a server said, or the code of a socket's failure. */
const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;

/** A sentence about a server that is away or unwell. @param where without password */
export function postgresSentence(error: unknown, where: string): string {
  const remedy = REMEDIES[codeOf(error) ?? ''];
  const words = error instanceof Error && error.message !== '' ? error.message : String(error);
  return remedy === undefined
    ? `The database ${where} is not available: ${words}.`
    : `The database ${where} ${remedy} (${words}).`;
}

/** @returns undefined where only the statement was wrong */
export function postgresUnavailable(error: unknown, where: string, committing: boolean): StoreUnavailable | undefined {
  const code = codeOf(error);
  const fromServer = code !== undefined && SQLSTATE.test(code) && error instanceof Error && 'severity' in error;
  if (fromServer && STATEMENT_CLASSES.has(code.slice(0, 2)) && !NOT_THE_STATEMENT.has(code)) return undefined;
  // A program of ours that failed before anything was sent is no trouble of the server.
  if (error instanceof TypeError || error instanceof RangeError) return undefined;
  const lost = !fromServer || code.startsWith('57') || code.startsWith('08');
  return new StoreUnavailable(postgresSentence(error, where), { maybeStored: committing && lost });
}
