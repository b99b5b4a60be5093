import type { Config } from '../../config/schema.ts';
import type { NetworkId } from '../../core/ids.ts';
import { ANCHOR } from '../inbox/room-anchors.ts';
import type { Kit } from '../kit.ts';
import type { Portal, PortalTable } from './portal-table.ts';
import { MEANT } from './provision.ts';

/** Up to where each room is known. */
export async function storedAnchors(kit: Kit): Promise<ReadonlyMap<string, string>> {
  const stored = await kit.db.transaction((sql) => kit.stores.cursor.list(sql, ANCHOR));
  return new Map([...stored].map(([name, eventId]) => [name.slice(ANCHOR.length), eventId]));
}

/** Fills the table from the configuration, with what an earlier process knew of its links. */
export async function loadPortals(kit: Kit, config: Config, portals: PortalTable): Promise<void> {
  applyLinks(kit, portals, config);
  const [rows, meant] = await kit.db.transaction((sql) =>
    Promise.all([kit.stores.portal.all(sql), kit.stores.cursor.list(sql, MEANT)]),
  );
  for (const row of rows) {
    const portal = portals.get(row.id);
    // A link whose room was changed in the configuration is looked up anew.
    if (portal === undefined || meant.get(MEANT + row.id) !== portal.config.room) continue;
    portals.setRoom(portal, row.roomId);
    portal.lastToMatrixMs = row.lastToMatrixMs;
    portal.lastToNetworkMs = row.lastToNetworkMs;
  }
}

/** Makes the table say what the configuration says. @returns the links that are new */
export function applyLinks(kit: Kit, portals: PortalTable, config: Config): Portal[] {
  const wanted = new Set<string>();
  const added: Portal[] = [];
  for (const network of config.networks) {
    if (!kit.networks.has(network.id as NetworkId)) continue;
    for (const channel of network.channels) {
      const before = portals.byChannel(network.id as NetworkId, channel.channel);
      if (before !== undefined && before.config.room !== channel.room) portals.remove(before);
      const known = before?.config.room === channel.room ? before : undefined;
      const portal = known ?? portals.add(network.id as NetworkId, channel);
      portal.config = channel;
      wanted.add(portal.id);
      if (known === undefined) added.push(portal);
    }
  }
  for (const portal of [...portals.all()]) if (!wanted.has(portal.id)) portals.remove(portal);
  return added;
}
