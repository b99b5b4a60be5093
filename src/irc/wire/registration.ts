import type { BridgeError, Result } from '../../core/errors.ts';
import type { OutgoingLine } from '../../core/irc/encode.ts';
import type { IrcLine } from '../../core/irc/line.ts';
import { farewellError } from '../puppets/farewell.ts';
import type { CapTalk } from './cap-talk.ts';
import type { ClientCertificate } from './client-certificate.ts';
import type { Login } from './login.ts';

/** How a connection introduces itself. */
export type Introduction = {
  readonly nick: string;
  /** Another nick when that one is taken or refused; undefined when there is none left. */
  readonly nextNick: (attempt: number) => string | undefined;
  readonly user: string;
  readonly realname: string;
  readonly password?: string | undefined;
  readonly webirc?: WebircIntroduction | undefined;
  /** Shown to the server before anything is said. */
  readonly certificate?: ClientCertificate | undefined;
  /** Login to demand: without it the attempt ends. */
  readonly sasl?: Login | undefined;
  /** Signs what they do, where the server wants that. */
  readonly signer?: Signer | undefined;
};

/** A key that proves who somebody is. */
export type Signer = {
  readonly did: string;
  /** 32 bytes, base64url: what the server checks signatures with. */
  readonly publicKey: string;
  /** Ed25519 over these bytes. @returns 64 bytes, base64url without padding */
  readonly sign: (bytes: Uint8Array) => string;
};

export type WebircIntroduction = {
  readonly password: string;
  readonly gateway: string;
  readonly host: string;
  readonly address: string;
};

type Phase = 'listing' | 'login' | 'waiting' | 'registered';

/**
 * From the first byte to 001, as a state machine over lines. A login that fails ends it: nobody joins as a guest under a
 * name that others know as an account.
 */
export class Registration {
  readonly #who: Introduction;
  readonly #caps: CapTalk;
  #phase: Phase = 'listing';
  #loggedIn = false;
  #nickAttempt = 0;
  /** The nick asked for last; the server has the word at 001. */
  nick: string;
  failure: BridgeError | undefined;
  readonly #later: (answer: Promise<Result<readonly OutgoingLine[]>>) => void;

  /** @param later called with answers that take time; what they give is to be sent, or ends the attempt ({@link fail}) */
  constructor(who: Introduction, caps: CapTalk, later: (answer: Promise<Result<readonly OutgoingLine[]>>) => void) {
    this.#who = who;
    this.#caps = caps;
    this.#later = later;
    this.nick = who.nick;
  }

  get done(): boolean {
    return this.#phase === 'registered';
  }

  opening(): readonly OutgoingLine[] {
    const { webirc, password, user, realname } = this.#who;
    const lines: OutgoingLine[] = [];
    // WEBIRC has to be the very first line.
    if (webirc !== undefined) {
      lines.push({ command: 'WEBIRC', params: [webirc.password, webirc.gateway, webirc.host, webirc.address] });
    }
    if (password !== undefined) lines.push({ command: 'PASS', params: [password] });
    lines.push(
      { command: 'CAP', params: ['LS', '302'] },
      { command: 'NICK', params: [this.nick] },
      { command: 'USER', params: [user, '0', '*', realname] },
    );
    return lines;
  }

  /** @returns what to send; look at {@link done} and {@link failure} afterwards */
  take(line: IrcLine): readonly OutgoingLine[] {
    if (this.done || this.failure !== undefined) return [];
    return STEPS.get(line.command)?.(this, line) ?? [];
  }

  cap(line: IrcLine): readonly OutgoingLine[] {
    const requests = this.#caps.take(line.params);
    return requests.length > 0 ? requests : this.#proceed();
  }

  authenticate({ params }: IrcLine): readonly OutgoingLine[] {
    if (this.#phase === 'login' && this.#who.sasl !== undefined) this.#later(this.#who.sasl.answer(params[0] ?? ''));
    return [];
  }

  saslDone(): readonly OutgoingLine[] {
    if (this.#phase !== 'login') return [];
    if (this.#who.sasl?.trusted === false)
      return this.fail('irc_sasl_failed', 'the server did not prove that it knows the password', 'later');
    this.#loggedIn = true;
    return this.#finish();
  }

  saslFailed({ params }: IrcLine): readonly OutgoingLine[] {
    const sasl = this.#who.sasl;
    if (this.#phase !== 'login' || sasl === undefined) return [];
    const why = params.at(-1) ?? 'no reason given';
    return this.fail(
      'irc_sasl_failed',
      `the login of account ${sasl.account} by ${sasl.mechanism} failed (${why}); check the account and its ${PROOFS.get(sasl.mechanism) ?? 'password'}`,
      'later',
    );
  }

  nickRefused({ command, params }: IrcLine): readonly OutgoingLine[] {
    this.#nickAttempt++;
    const next = this.#who.nextNick(this.#nickAttempt);
    if (next === undefined || this.#nickAttempt > MAX_NICK_ATTEMPTS) {
      const why = params.at(-1) ?? command;
      return this.fail('irc_nick_refused', `no nick like ${this.#who.nick} is free (${why})`, 'later');
    }
    this.nick = next;
    return [{ command: 'NICK', params: [next] }];
  }

  welcome({ params }: IrcLine): readonly OutgoingLine[] {
    if (this.#who.sasl !== undefined && !this.#loggedIn) return this.#noSasl();
    this.nick = params[0] ?? this.nick;
    this.#phase = 'registered';
    return [];
  }

  fail(code: string, why: string, retry: BridgeError['retry']): readonly OutgoingLine[] {
    const error = { code, text: `The IRC server did not let us in: ${why}.`, retry, notify: 'log' } as const;
    this.failure ??= error;
    return [];
  }

  /** Goes on once the list and all answers are there. */
  #proceed(): readonly OutgoingLine[] {
    if (this.#phase !== 'listing' || !this.#caps.state.listed || !this.#caps.settled) return [];
    const { sasl } = this.#who;
    if (sasl === undefined) return this.#finish();
    if (!this.#caps.has('sasl')) return this.#noSasl();
    this.#phase = 'login';
    return [{ command: 'AUTHENTICATE', params: [sasl.mechanism] }];
  }

  #finish(): readonly OutgoingLine[] {
    this.#phase = 'waiting';
    return [{ command: 'CAP', params: ['END'] }];
  }

  #noSasl(): readonly OutgoingLine[] {
    return this.fail(
      'irc_sasl_missing',
      'it offers no SASL login at the moment, and without it we would be a guest; ask its operator, or take `sasl` out of the configuration',
      'later',
    );
  }
}

/** What proves the account. */
const PROOFS: ReadonlyMap<string, string> = new Map([
  ['EXTERNAL', 'certificate'],
  ['IRCV3BEARER', 'key'],
  ['ATPROTO-CHALLENGE', 'key'],
]);

const MAX_NICK_ATTEMPTS = 20;

type Step = (registration: Registration, line: IrcLine) => readonly OutgoingLine[];

const nickRefused: Step = (registration, line) => registration.nickRefused(line);
const saslFailed: Step = (registration, line) => registration.saslFailed(line);
const refused =
  (code: string, retry: BridgeError['retry']): Step =>
  (registration, { params }) =>
    registration.fail(code, params.at(-1) ?? 'no reason given', retry);

/** Many servers give a ban's reason here alone. */
const closing: Step = (registration, { params }) => {
  const why = params.at(-1) ?? 'no reason given';
  const { code, retry } = farewellError(why);
  return code === 'irc_banned' ? registration.fail(code, why, retry) : registration.fail('irc_closed', why, 'later');
};

const STEPS: ReadonlyMap<string, Step> = new Map<string, Step>([
  ['001', (registration, line) => registration.welcome(line)],
  ['CAP', (registration, line) => registration.cap(line)],
  ['AUTHENTICATE', (registration, line) => registration.authenticate(line)],
  ['903', (registration) => registration.saslDone()],
  ['902', saslFailed],
  ['904', saslFailed],
  ['905', saslFailed],
  ['906', saslFailed],
  ['907', saslFailed],
  ['432', nickRefused],
  ['433', nickRefused],
  ['436', nickRefused],
  ['437', nickRefused],
  ['463', refused('irc_banned', 'later')],
  ['464', refused('irc_password_wrong', 'later')],
  ['465', refused('irc_banned', 'never')],
  ['484', refused('irc_restricted', 'later')],
  ['ERROR', closing],
]);
