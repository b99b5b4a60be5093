import type { BridgeError } from '../../core/errors.ts';
import type { PortalId } from '../../core/ids.ts';
import type { WhoIsOut } from '../policy/who-is-out.ts';
import type { PortalTable } from '../rooms/portal-table.ts';
import type { LineGate, Speaker, Verdict } from './line-gate.ts';

/** Lets nothing through of people whom policy lists shut out, nor to them in private; what they said before they may take back. */
export class PolicyGate implements LineGate {
  readonly #inner: LineGate;
  readonly #portals: PortalTable;
  readonly #out: Pick<WhoIsOut, 'user' | 'speaker'>;

  constructor(inner: LineGate, portals: PortalTable, out: Pick<WhoIsOut, 'user' | 'speaker'>) {
    this.#inner = inner;
    this.#portals = portals;
    this.#out = out;
  }

  toNetwork(id: PortalId, userId: string, takesBack?: boolean): Verdict {
    const refusal = takesBack === true ? undefined : this.#out.user(id, userId);
    if (refusal !== undefined) return no('policy.matrix-user', `you are ${refusal.text}.`);
    const peer = this.#portals.get(id)?.direct?.peer;
    if (peer !== undefined) {
      const { subject, nick } = peer;
      const account = subject.kind === 'account' ? subject.name : null;
      const who = { nick: account === null ? subject.name : nick, account, origin: subject.origin ?? null };
      const other = this.#out.speaker(id, who);
      if (other !== undefined) return no('policy.peer', `${nick} is ${other.text}.`);
    }
    return this.#inner.toNetwork(id, userId, takesBack);
  }

  toMatrix(id: PortalId, speaker: Speaker, takesBack?: boolean): Verdict {
    const refusal = takesBack === true ? undefined : this.#out.speaker(id, speaker);
    if (refusal !== undefined) return no('policy.speaker', `${speaker.nick} is ${refusal.text}.`);
    const userId = this.#portals.get(id)?.direct?.userId;
    const other = userId === undefined ? undefined : this.#out.user(id, userId);
    if (other !== undefined) return no('policy.matrix-user', `${userId} is ${other.text}.`);
    return this.#inner.toMatrix(id, speaker, takesBack);
  }

  mayKick(portal: PortalId): boolean {
    return this.#inner.mayKick(portal);
  }
}

const no = (code: string, text: string): Verdict => ({
  kind: 'no',
  error: { code, text, retry: 'never', notify: 'sender' } satisfies BridgeError,
});
