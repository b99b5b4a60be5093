import { commandRefusal, helpText, type Standpoint, unknownCommand } from '../../core/commands/command-help.ts';
import { isCommandName } from '../../core/commands/command-table.ts';
import type { Command } from '../../core/commands/parse-command.ts';
import type { Enforcement } from '../admission/enforcement.ts';
import { ANSWERS } from './answers.ts';
import type { Asker } from './asker.ts';

/** @returns the answer for whoever asked; never rejects for what people can type */
export async function answerCommand(enforcement: Enforcement, asker: Asker, { name, words }: Command): Promise<string> {
  const who = standpointOf(enforcement, asker);
  if (!isCommandName(name)) return unknownCommand(who, name);
  if (name === 'help') {
    const lines = [helpText(who, words[0]), words.length === 0 ? enforcement.reach.bridging.countWords() : ''];
    return lines.filter((line) => line !== '').join('\n');
  }
  return commandRefusal(who, name) ?? ANSWERS[name](enforcement, asker, words);
}

function standpointOf(enforcement: Enforcement, asker: Asker): Standpoint {
  const hasAuthority = enforcement.settings.hasAuthority();
  if (asker.kind === 'network') return { place: 'network', isAdmin: false, isCoordinator: false, hasAuthority };
  const { requests, visiting, here } = enforcement;
  return {
    place: visiting.privateRooms.has(asker.room) ? 'bot' : here.placeOf(asker.room),
    isAdmin: mayAdminister(enforcement, asker.userId),
    isCoordinator: hasAuthority && requests.isCoordinator(asker.userId, enforcement.resources()),
    hasAuthority,
  };
}

/** Admins by the configuration, and whoever may be in the admin room by the authority. */
const mayAdminister = ({ admission, rooms }: Enforcement, userId: string): boolean =>
  admission.isAdmin(userId) ||
  (rooms.get('room:admin') !== undefined && admission.standingOf(userId, 'room:admin').membership === 'in');
