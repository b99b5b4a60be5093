import { createHash } from 'node:crypto';
import type { FreeqServer } from './server.ts';
import type { Session } from './session.ts';
import type { Line } from './wire.ts';

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Rules that have to be accepted before a channel may be entered. */
export function takePolicy(server: FreeqServer, session: Session, { params }: Line): void {
  const [name = '', subcommand = '', ...rest] = params;
  const say = (text: string): void => server.answer(session, 'NOTICE', session.nickOrStar, text);
  const { policies, rules: texts } = server.store;
  const accepted = policies.get(name);
  const known = texts.get(name) ?? '';
  const isOp = server.channel(name)?.ops.has(session) === true;
  const none = `${name} has no policy (open join)`;
  switch (subcommand.toUpperCase()) {
    case 'SET':
    case 'CLEAR':
      if (!isOp) server.numeric(session, '482', name, "You're not channel operator");
      else if (subcommand.toUpperCase() === 'CLEAR') {
        policies.delete(name);
        say(`Policy removed from ${name} — channel is now open join`);
      } else {
        const rules = rest.join(' ');
        policies.set(name, new Set());
        texts.set(name, rules);
        const [short, id] = [hashOf(rules).slice(0, 12), hashOf(name + rules).slice(0, 12)];
        say(`Policy set for ${name} (version 1, rules_hash=${short}, policy_id=${id})`);
      }
      return;
    case 'INFO':
      if (accepted === undefined) say(none);
      else {
        say(`Policy for ${name}:`);
        say('  Version: 1');
        say(`  Policy ID: ${hashOf(name + known)}`);
        say(`  Effective: ${new Date(server.startedAtMs).toISOString().replace('Z', '000000+00:00')}`);
        say('  Validity: JoinTime');
        say(`  Requirement: ACCEPT(${hashOf(known).slice(0, 12)}...)`);
      }
      return;
    case 'ACCEPT':
      if (session.did === undefined) say('You must be authenticated to accept a policy');
      else if (accepted === undefined) say(none);
      else {
        accepted.add(session.did);
        say(`Policy accepted for ${name} — role: member. You may now JOIN.`);
      }
  }
}
