import type { NetworkId } from '../../core/ids.ts';

/** Who asks, and where: as themselves in a room of Matrix or in a private message of a network, or as an admin in a shell. */
export type Asker = Person | Operator;

/** Somebody at the command line of the bridge's machine, who is nobody's account. */
export type Operator = {
  readonly kind: 'terminal';
  /** As the audit log names them. */
  readonly name: string;
};

export type Person =
  | {
      readonly kind: 'matrix';
      readonly userId: string;
      readonly room: string;
      /** Event that they answered with it. */
      readonly replyTo?: string;
    }
  | {
      readonly kind: 'network';
      readonly network: NetworkId;
      readonly nick: string;
      readonly account: string | null;
      /** Server that vouches for them, where that is not the one that we are connected to. */
      readonly origin?: string;
    };
