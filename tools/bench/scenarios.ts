import type { Scenario } from './scenario.ts';
import { idleLag } from './scenarios/idle-lag.ts';
import { matrixToIrc } from './scenarios/matrix-to-irc.ts';
import { oneRoom } from './scenarios/one-room.ts';
import { sixteenRooms } from './scenarios/sixteen-rooms.ts';
import { start } from './scenarios/start.ts';

/** Everything that `npm run bench` can measure, in the order in which it does. */
export const SCENARIOS: readonly Scenario[] = [start, idleLag, oneRoom, sixteenRooms, matrixToIrc];
