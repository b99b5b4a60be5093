import type { ActualRoom } from './actual-room.ts';
import type { ManagedRoom } from './layout.ts';

/** Restricted rooms exist from this version on. */
export const RESTRICTED_SINCE = 8;

/** What was decided when a room was made, and cannot be put right in it. */
const MISFITS: ReadonlyArray<{
  readonly isSo: (room: ActualRoom, wanted: ManagedRoom) => boolean;
  readonly says: string;
}> = [
  {
    isSo: (room, wanted) => wanted.kind === 'space' && !room.isSpace,
    says: 'is a room and no Space. Give the Space another address in the configuration, or take the address from the room.',
  },
  {
    isSo: (room, wanted) => wanted.kind !== 'space' && room.isSpace,
    says: 'is a Space and no room. Give the channel another address in the configuration.',
  },
  {
    isSo: (room, wanted) => room.federate && !wanted.federate,
    says: 'could be entered from other homeservers, which was decided when it was made. Its list of servers keeps them out; a new room would do so for ever.',
  },
  {
    isSo: (room, wanted) => !room.federate && wanted.federate,
    says: 'is for ever closed to other homeservers, which was decided when it was made. For people of cooperative.servers a new room is needed.',
  },
  {
    isSo: (room, wanted) => wanted.join.rule === 'restricted' && room.version > 0 && room.version < RESTRICTED_SINCE,
    says: 'is too old to let in the members of a Space by themselves. Each is invited; an upgrade of the room would change that.',
  },
  {
    isSo: (room) => room.isEncrypted,
    says: 'is end-to-end encrypted: who may be in it is kept, what is said in it cannot be bridged.',
  },
];

/**
 * In which ways a room is not what it should be and never will be.
 * @returns whole sentences for an admin; none where it fits
 */
export const misfits = (room: ActualRoom, wanted: ManagedRoom): readonly string[] =>
  MISFITS.filter(({ isSo }) => isSo(room, wanted)).map(({ says }) => `${wanted.name} (${wanted.alias}) ${says}`);
