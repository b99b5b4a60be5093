import type { Config } from '../config/schema.ts';
import type { Result } from '../core/errors.ts';
import type { MatrixEvent } from '../core/events.ts';
import type { PageMaker } from '../core/pages.ts';
import type { SharePage } from '../core/share-page.ts';
import type { MediaFile, PageAnswer, PageSource } from '../ports/pages.ts';
import type { OptOuts } from './gates/opt-outs.ts';
import type { Kit } from './kit.ts';
import type { Entry } from './lanes/ledger.ts';
import { PersonSwitch } from './people/person-switch.ts';
import type { PortalTable } from './rooms/portal-table.ts';

const DAY_MS = 86_400_000;
const BYTES_PER_MEGABYTE = 1_000_000;
/** So long after its end a page still says why it is gone. */
const REMEMBER_MS = 90 * DAY_MS;

/** Pages of ours: made with the lines that name them, shown while room and message are there and the time is not over. */
export class Pages implements PageSource {
  readonly #kit: Kit;
  readonly #portals: PortalTable;
  readonly #optOuts: Pick<OptOuts, 'hasUser'>;
  readonly #links: PersonSwitch;
  readonly #publicUrl: string | undefined;
  #media: Config['media'];

  constructor(
    kit: Kit,
    portals: PortalTable,
    optOuts: Pick<OptOuts, 'hasUser'>,
    config: Pick<Config, 'http' | 'media'>,
  ) {
    this.#kit = kit;
    this.#optOuts = optOuts;
    this.#portals = portals;
    this.#links = new PersonSwitch(kit, 'links');
    this.#publicUrl = config.http.publicUrl;
    this.#media = config.media;
  }

  /** What earlier processes were told. */
  load(): Promise<void> {
    return this.#links.load();
  }

  /** Where pages are reached stays as it was at the start. */
  reconfigure({ media }: Pick<Config, 'media'>): void {
    this.#media = media;
  }

  get maxBytes(): number {
    return this.#media.maxMegabytes * BYTES_PER_MEGABYTE;
  }

  /** For one event of this person; undefined where nobody could reach a page, or they want none. */
  maker(userId: string): PageMaker | undefined {
    const baseUrl = this.#publicUrl;
    return baseUrl === undefined || !this.#links.wanted(userId) || this.#optOuts.hasUser(userId)
      ? undefined
      : { id: this.#kit.unguessable(), baseUrl, maxBytes: this.maxBytes };
  }

  /** To be called in the commit that stores what names the link. */
  share({ sql }: Entry, { id, room, eventId, rootId, userId, content }: SharePage): Promise<void> {
    const createdAtMs = this.#kit.clock.nowMs();
    return this.#kit.stores.page.insert(sql, { id, roomId: room, eventId, rootId, userId, content, createdAtMs });
  }

  /** What a deletion takes away is gone with the commit, whatever its lane waits for. Other events do nothing. */
  async seen({ sql }: Entry, event: MatrixEvent): Promise<void> {
    const target = event.type === 'm.room.redaction' ? redacted(event) : undefined;
    if (target === undefined) return;
    const by = event.onlyOwn === true ? event.sender : undefined;
    await this.#kit.stores.page.eventDeleted(
      sql,
      { room: event.room_id, eventId: target, by },
      this.#kit.clock.nowMs(),
    );
  }

  /** Whether this person's files and long messages get links. */
  isShared(userId: string): boolean {
    return this.#links.wanted(userId);
  }

  /** Switched off, the links that are out lead nowhere either, for ever. */
  async setShared(userId: string, isShared: boolean): Promise<void> {
    await this.#links.set(userId, isShared);
    if (!isShared) await this.withdraw(userId);
  }

  /** The links of this person that are out lead nowhere any more, for ever. */
  async withdraw(userId: string): Promise<void> {
    const { db, stores } = this.#kit;
    await db.transaction((sql) => stores.page.withdrawOf(sql, userId));
  }

  async find(id: string): Promise<PageAnswer> {
    const { db, stores, clock } = this.#kit;
    const row = await db.transaction((sql) => stores.page.get(sql, id));
    if (row === undefined) return { kind: 'unknown' };
    if (row.gone !== undefined) return { kind: 'gone', why: row.gone };
    if (row.content === undefined || row.createdAtMs < this.#endsBeforeMs(clock.nowMs()))
      return { kind: 'gone', why: 'expired' };
    return this.#portals.anyByRoom(row.roomId) === undefined ? { kind: 'gone', why: 'unlinked' } : row.content;
  }

  open(mxc: string): Promise<Result<MediaFile>> {
    return this.#kit.homeserver.openMedia(mxc);
  }

  /** Empties pages whose time is over, and forgets old ones, in portions. @returns how many: again until 0 */
  async prune(): Promise<number> {
    const { db, stores, clock } = this.#kit;
    const before = this.#endsBeforeMs(clock.nowMs());
    const expired = await db.transaction((sql) => stores.page.expire(sql, before));
    return expired + (await db.transaction((sql) => stores.page.prune(sql, before - REMEMBER_MS)));
  }

  /** Pages made before are over. */
  #endsBeforeMs(nowMs: number): number {
    const { days } = this.#media;
    return days === 0 ? 0 : nowMs - days * DAY_MS;
  }
}

/** Whom a deletion deletes: at the top before room version 11, in the content from then on; Dendrite writes either. */
function redacted({ redacts, content }: MatrixEvent): string | undefined {
  const target = redacts ?? content.redacts;
  return typeof target === 'string' ? target : undefined;
}
