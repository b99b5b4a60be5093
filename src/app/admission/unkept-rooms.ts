import type { ActualRoom } from '../../core/room/actual-room.ts';
import type { ManagedRoom } from '../../core/room/layout.ts';
import { botLacks } from '../../core/room/power-plan.ts';
import type { Reports } from './reports.ts';

/** Rooms in which the bot cannot act, and why: said in the admin room, and a gated channel stops there. */
export class UnkeptRooms {
  readonly #reports: Reports;
  readonly #whys = new Map<string, string>();

  constructor(reports: Reports) {
    this.#reports = reports;
  }

  /** A sentence while the bot cannot keep this room. */
  why(resource: string): string | undefined {
    return this.#whys.get(resource);
  }

  /** @returns whether the bot lacks what it needs in this room */
  look(wanted: ManagedRoom, room: ActualRoom, botId: string): boolean {
    const lacks = botLacks(room, botId);
    if (lacks === undefined) this.#whys.delete(wanted.id);
    else this.lose(wanted, lacks);
    return lacks !== undefined;
  }

  lose({ id, name }: ManagedRoom, why: string): void {
    this.#whys.set(id, why);
    this.#reports.say(`${name}: ${why} Until then nothing is relayed where people have to be admitted.`);
  }
}
