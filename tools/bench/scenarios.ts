import type { Scenario } from './scenario.ts';
import { auditRound } from './scenarios/audit-round.ts';
import { bigChannel } from './scenarios/big-channel.ts';
import { burst } from './scenarios/burst.ts';
import { ghostJoins } from './scenarios/ghost-joins.ts';
import { idleLag } from './scenarios/idle-lag.ts';
import { massChange } from './scenarios/mass-change.ts';
import { matrixToIrc } from './scenarios/matrix-to-irc.ts';
import { memory } from './scenarios/memory.ts';
import { oneRoom } from './scenarios/one-room.ts';
import { portals } from './scenarios/portals.ts';
import { puppetsBack } from './scenarios/puppets-back.ts';
import { revocation } from './scenarios/revocation.ts';
import { sixteenRooms } from './scenarios/sixteen-rooms.ts';
import { start } from './scenarios/start.ts';

/** Everything that `npm run bench` can measure, in the order in which it does. */
export const SCENARIOS: readonly Scenario[] = [
  start,
  idleLag,
  matrixToIrc,
  oneRoom,
  sixteenRooms,
  burst,
  ghostJoins,
  puppetsBack,
  bigChannel,
  memory,
  portals,
  revocation,
  auditRound,
  massChange,
];
