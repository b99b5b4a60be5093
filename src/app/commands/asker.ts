import type { NetworkId } from '../../core/ids.ts';

/** Who asks, and where: in a room of Matrix, or in a private message of a network. */
export type Asker =
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
