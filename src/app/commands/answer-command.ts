import { commandRefusal, helpText, type Standpoint, unknownCommand } from '../../core/commands/command-help.ts';
import { isAskedName, isCommandName } from '../../core/commands/command-table.ts';
import type { Command } from '../../core/commands/parse-command.ts';
import { wrongWords } from '../../core/commands/wrong-words.ts';
import type { CommandAnswer } from '../../ports/commands.ts';
import type { Enforcement } from '../admission/enforcement.ts';
import type { Answering } from './answering.ts';
import { ANSWERS } from './answers.ts';
import type { Asker } from './asker.ts';

/** @returns the answer for whoever asked; never rejects for what people can type */
export async function answerCommand(from: Answering, asker: Asker, { name, words }: Command): Promise<CommandAnswer> {
  const who = standpointOf(from, asker);
  if (!isCommandName(name)) return no(unknownCommand(who, name));
  const refusal = commandRefusal(who, name) ?? wrongWords(name, who.place, words);
  if (refusal !== undefined) return no(refusal);
  if (!isAskedName(name)) return no('This is no question to the bridge: its command line does it by itself.');
  const answer = name === 'help' ? help(from, who, words) : await ANSWERS[name](from, asker, words);
  return typeof answer === 'string' ? { ok: true, text: answer } : answer;
}

const no = (text: string): CommandAnswer => ({ ok: false, text });

const help = ({ bridging }: Answering, who: Standpoint, words: readonly string[]): string =>
  [helpText(who, words[0]), words.length === 0 ? bridging.countWords() : ''].filter((line) => line !== '').join('\n');

function standpointOf({ enforcement, here }: Answering, asker: Asker): Standpoint {
  const hasAuthority = enforcement.settings.hasAuthority();
  if (asker.kind === 'terminal') return { place: 'terminal', isAdmin: true, isCoordinator: true, hasAuthority };
  if (asker.kind === 'network') return { place: 'network', isAdmin: false, isCoordinator: false, hasAuthority };
  const { requests, visiting } = enforcement;
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
