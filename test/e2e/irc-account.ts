import type { IrcUser } from '../servers/people.ts';

/** Makes an account of this nick on Ergo, and logs in to it. Ergo says so by `900` to those with `sasl` only. */
export async function registerAccount(user: IrcUser, password: string): Promise<void> {
  user.sendLine(`NS REGISTER ${password}`);
  await user.waitFor(({ command, raw }) => command === '900' || /account created/i.test(raw), {
    what: `an account of ${user.nick}`,
  });
}
