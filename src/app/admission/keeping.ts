import type { PortalTable } from '../rooms/portal-table.ts';
import { Caution, type CautionParts } from './caution.ts';
import { ChannelDoors, type ChannelDoorsParts } from './channel-doors.ts';
import { KeepSteps, type KeepStepsParts } from './keep-steps.ts';
import { RoomKeeper, type RoomKeeperParts } from './room-keeper.ts';
import { SecondLooks } from './second-looks.ts';

export type KeepingParts = Omit<RoomKeeperParts, 'steps' | 'doors' | 'caution'> &
  CautionParts & {
    readonly portals: PortalTable;
    readonly assuranceOf: ChannelDoorsParts['assuranceOf'];
    readonly otherBans: ChannelDoorsParts['otherBans'];
    readonly refusal: KeepStepsParts['refusal'];
  };

/** Those who bring rooms and channels to what they should be, put together. */
export function makeKeeping(parts: KeepingParts): {
  keeper: RoomKeeper;
  caution: Caution;
  doors: ChannelDoors;
  secondLooks: SecondLooks;
} {
  const { rooms, admission, look } = parts;
  const secondLooks = new SecondLooks({ ...parts, look });
  const steps = new KeepSteps({
    ...parts,
    onBegin: (event) => rooms.begins(event),
    onDone: (event) => {
      rooms.did(event);
      secondLooks.wrote(event);
    },
    onUndone: (roomId) => secondLooks.undone(roomId),
    subjectOf: (userId) => admission.subjectOf(userId),
  });
  const caution = new Caution(parts);
  const doors = new ChannelDoors({ ...parts, calm: () => keeper.calm() });
  const keeper: RoomKeeper = new RoomKeeper({ ...parts, steps, caution, doors });
  return { keeper, caution, doors, secondLooks };
}
