import type { Resource } from '../../core/authority/access.ts';
import { explain as explainLines } from '../../core/authority/explain.ts';
import type { Lookup, Member } from '../../core/authority/member.ts';
import { asNetworkId } from '../../core/ids.ts';
import { visitLines } from '../visitors/explain-visits.ts';
import type { Enforcement } from './enforcement.ts';

/**
 * What the authority says of a person, how fresh that is, and what follows, in sentences.
 * @param person a Matrix id, `network/account`, or a subject
 * @param room an alias, a room id or a channel; without it every room
 */
export async function explain(
  enforcement: Enforcement,
  person: string,
  room: string | undefined,
): Promise<readonly string[]> {
  const { admission } = enforcement;
  const known = personOf(enforcement, person);
  const resource = room === undefined ? undefined : enforcement.findRoom(room);
  if (room !== undefined && resource === undefined)
    return [`There is no room or channel ${room} that Causeway keeps. \`causeway status\` lists them.`];
  const resources = resource === undefined ? enforcement.resources() : [admission.resource(resource)];
  const at = admission.at();
  const visits = visitLines(enforcement.visiting.visitors, person, resources, at.nowMs);
  const standingIn = (resource: Resource) =>
    person.startsWith('@') ? admission.standingOf(person, resource.id) : admission.standingFor(known, resource);
  return explainLines({ who: person, person: known, visits, resources, at, standingIn });
}

function personOf({ admission, directory }: Enforcement, person: string): Lookup<Member> {
  if (person.startsWith('@')) return admission.matrixUser(person);
  const bySubject = [...directory.members()].find(({ subject }) => subject.sub === person);
  if (bySubject !== undefined) return directory.member(`${bySubject.subject.iss} ${bySubject.subject.sub}`);
  const [network = '', account] = person.split('/');
  return admission.networkUser(asNetworkId(network), { nick: '', account: account ?? person });
}
