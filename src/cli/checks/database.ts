import { access, constants, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { ConfigParts } from '../../config/parts.ts';
import { badAt, type Finding, good, netWords, quoteForeign, TRY_MS } from './finding.ts';

/** Whether the database can be opened. Makes no file, writes nothing and migrates nothing. */
export async function checkDatabase(parts: ConfigParts): Promise<Finding[]> {
  const { database } = parts;
  if (database === undefined) return [];
  return [
    database.startsWith('sqlite:')
      ? await checkSqlite(parts, database.slice('sqlite:'.length))
      : await checkPostgres(parts, database),
  ];
}

async function checkSqlite(parts: ConfigParts, path: string): Promise<Finding> {
  const bad = badAt(parts, ['database']);
  if (path === ':memory:') return good('database', 'SQLite in memory: gone at the next start');
  const file = await stat(path).catch(() => undefined);
  if (file === undefined) {
    const folder = await nearestFolder(dirname(path));
    const writable = await access(folder, constants.W_OK | constants.X_OK).then(
      () => true,
      () => false,
    );
    return writable
      ? good('database', `${path} will be made`)
      : bad(`This user may not make ${path}: ${folder} is not writable.`, 'Give it the folder, or name another place.');
  }
  if (!file.isFile()) return bad(`${path} is no file.`, 'Name a file; it is made when missing.');
  const writable = await access(path, constants.R_OK | constants.W_OK).then(
    () => true,
    () => false,
  );
  if (!writable)
    return bad(`This user may not read and write ${path}.`, 'Give it the file, or run as the user who owns it.');
  const { DatabaseSync } = await import('node:sqlite');
  try {
    const db = new DatabaseSync(path, { readOnly: true });
    db.prepare('SELECT count(*) FROM sqlite_master').get();
    db.close();
    return good('database', `${path} opens`);
  } catch (error) {
    return bad(
      `${path} cannot be opened as a SQLite database: ${quoteForeign((error as Error).message)}.`,
      'Put a backup in its place, or name another file.',
    );
  }
}

async function nearestFolder(folder: string): Promise<string> {
  const found = await stat(folder).then(
    () => true,
    () => false,
  );
  return found || dirname(folder) === folder ? folder : nearestFolder(dirname(folder));
}

async function checkPostgres(parts: ConfigParts, url: string): Promise<Finding> {
  const bad = badAt(parts, ['database']);
  let shown = 'Postgres';
  try {
    const { hostname, port, pathname } = new URL(url);
    shown = `Postgres at ${hostname || 'localhost'}${port === '' ? '' : `:${port}`}${pathname}`;
  } catch {
    return bad(
      'The address of Postgres cannot be read.',
      'Write postgres://user:password@host:port/database; a character such as @ or / in the password as %40, %2F.',
    );
  }
  // The driver takes a while to load, and only this case needs it.
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: TRY_MS, query_timeout: TRY_MS });
  client.on('error', () => {});
  try {
    await client.connect();
    const answer = await client.query<{ server_version: string }>('SHOW server_version');
    return good('database', `${shown} opens, version ${answer.rows[0]?.server_version ?? 'unknown'}`);
  } catch (error) {
    const { code } = error as { code?: string };
    const [text, remedy] = POSTGRES[code ?? ''] ?? [netWords(error), 'Start it, or correct the address.'];
    return bad(`${shown} cannot be opened: ${text}.`, remedy);
  } finally {
    await client.end().catch(() => {});
  }
}

/** By SQLSTATE. */
const POSTGRES: Readonly<Record<string, readonly [string, string]>> = {
  '28P01': ['the password is wrong', 'Correct user and password in the address.'],
  '28000': ['it does not let this user in', 'Correct the user, or the server’s pg_hba.conf.'],
  '3D000': ['there is no such database', 'Make it: createdb --owner USER NAME.'],
  '53300': ['it has no connection to spare', 'Raise its max_connections.'],
  '57P03': ['it is starting or stopping', 'Try again in a moment.'],
};
