import { fail, ok, type Result } from '../../core/errors.ts';
import type { IrcLine, Source } from '../../core/irc/line.ts';
import { refusalToError } from '../../core/irc/numerics.ts';
import type { Found } from '../../ports/network.ts';
import type { OwnNames } from '../identity.ts';
import type { Session } from '../session.ts';

/**
 * Who has a nick now, by WHOIS: 311 names their address, 330 the account that they are logged in to (307 says it of a registered nick).
 * @returns an error of `retry: 'never'` where nobody has it
 */
export async function findPerson(session: Session, names: OwnNames, nick: string): Promise<Result<Found>> {
  const heard = await session.errands.run([{ command: 'WHOIS', params: [nick] }], true);
  if (!heard.ok) return heard;
  const about = heard.value.filter(({ params }) => session.link.same(params[1] ?? '', nick));
  const user = about.find(({ command }) => command === '311');
  if (user === undefined) return nobody(nick);
  const [, exact = nick, ident = '', host = ''] = user.params;
  const source: Source = { nick: exact, user: ident, host, raw: `${exact}!${ident}@${host}` };
  // Of somebody of another server the account is only that server's word: the dialect knows them by their address.
  const tags = new Map([['account', accountIn(about, exact) ?? '']]);
  const { dialect, isupport } = session.link;
  const found = dialect.sourceOf({ tags, source, command: '311', params: [] }, isupport);
  if (found === undefined) return nobody(nick);
  return ok({
    source: { account: null, ...found },
    own: found.origin === undefined && names.ownerOf(exact) !== undefined,
  });
}

const nobody = (nick: string): Result<Found> =>
  fail(refusalToError({ code: '401', command: 'WHOIS', target: nick, reason: '' }));

function accountIn(about: readonly IrcLine[], nick: string): string | null {
  const loggedIn = about.find(({ command }) => command === '330')?.params[2];
  if (loggedIn !== undefined && loggedIn !== '' && loggedIn !== '*') return loggedIn;
  return about.some(({ command }) => command === '307') ? nick : null;
}
