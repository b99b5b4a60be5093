/** Two server names with a dot each: what a server gives as reason when the link between them breaks. */
const SERVER_PAIR = /^[A-Za-z0-9*-]+(?:\.[A-Za-z0-9*-]+)+ [A-Za-z0-9*-]+(?:\.[A-Za-z0-9*-]+)+$/;

/**
 * Whether a QUIT reason looks like a netsplit (`hub.example leaf.example`, `*.net *.split`). Servers prefix what a
 * person types (`Quit: …`), but not all do, so it is a hint to wait before people leave, never proof of anything.
 */
export function isNetsplitReason(reason: string): boolean {
  const [first, second] = reason.split(' ');
  return SERVER_PAIR.test(reason) && first !== second;
}
