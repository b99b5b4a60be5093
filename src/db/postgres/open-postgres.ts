import { fail, ok, type Result } from '../../core/errors.ts';
import type { Opened } from '../opened.ts';
import { PostgresEngine, type PostgresOptions } from './postgres.ts';

/** @param url as libpq takes it; its password appears in no message */
export async function openPostgres(url: string, options: PostgresOptions): Promise<Result<Opened>> {
  const where = withoutSecrets(url);
  if (where === undefined) {
    const text =
      'The address of the database is no URL: write postgres://user:password@host:port/database, with `%40` for an @ in the password.';
    return fail({ code: 'database_url', text, retry: 'never', notify: 'log' });
  }
  const engine = new PostgresEngine(url, where, options);
  const opened = await engine.open();
  if (!opened.ok) return opened;
  return ok({ engine, folder: undefined, check: () => engine.ping(), close: () => engine.close() });
}

/** The address for people: without password and options, in which passwords may be, too. */
function withoutSecrets(url: string): string | undefined {
  if (!URL.canParse(url)) return undefined;
  const { protocol, username, host, pathname } = new URL(url);
  return `${protocol}//${username}${username === '' ? '' : '@'}${host}${pathname}`;
}
