import type { CommandPlace } from '../../core/commands/command-table.ts';
import type { PortalTable } from '../rooms/portal-table.ts';

export type HereParts = {
  readonly portals: PortalTable;
};

/** Answers what is asked about the room in which it is asked. */
export class HereCommands {
  readonly #parts: HereParts;

  constructor(parts: HereParts) {
    this.#parts = parts;
  }

  /** What a room of ours is for, where it is not a private one with the bot. */
  placeOf(room: string): CommandPlace {
    const portal = this.#parts.portals.anyByRoom(room);
    if (portal === undefined) return 'house';
    return portal.direct === undefined ? 'channel' : 'conversation';
  }
}
