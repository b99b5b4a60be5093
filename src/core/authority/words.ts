import type { Door, Resource } from './access.ts';
import type { Status } from './member.ts';

type Sentence = (resource: Resource, detail?: string) => string;
type Code =
  | 'no-seat'
  | 'role-required'
  | 'group-hibernating'
  | 'group-archived'
  | 'shut'
  | 'stale'
  | 'waiting'
  | 'unknown'
  | 'unmapped';

const everywhere = (sentence: Sentence): Readonly<Record<Door, Sentence>> => ({
  closed: sentence,
  open: sentence,
  lobby: sentence,
});

const WHO_IS_ASKED: Readonly<Record<Resource['require'], string>> = {
  none: 'everybody',
  member: 'members',
  coordinator: 'coordinators',
  council: 'the council',
};
const audience = ({ require, group }: Resource): string =>
  `${WHO_IS_ASKED[require]} of ${group === undefined ? 'the cooperative' : `the group ${group}`}`;

/** Sentences for the people concerned: what is, and what to do next. */
export const WORDS: Readonly<Record<Status | 'stranger', Readonly<Record<Door, Sentence>>> & Record<Code, Sentence>> = {
  stranger: {
    closed: (at) =>
      `${at.label} is for ${audience(at)}, and the cooperative does not know this account as a member’s. Ask for admission in the lobby, or, if you are a member, have this account added to your entry or link it with \`!causeway link\`.`,
    open: ({ label }) => `${label} is open to everybody.`,
    lobby: () => 'The lobby is open to everybody; ask here for admission.',
  },
  applicant: {
    closed: ({ label }) =>
      `Your application is not decided yet, so ${label} is not open to you. A coordinator answers in the lobby.`,
    open: ({ label }) => `${label} is open to everybody.`,
    lobby: () => 'Your application is not decided yet; talk to the coordinators here.',
  },
  provisional: {
    closed: ({ label }) =>
      `Your membership is provisional, so ${label} is not open to you yet. Finish your onboarding with your coordinator in the lobby.`,
    open: ({ label }) => `${label} is open to everybody.`,
    lobby: () => 'Your membership is provisional; your onboarding happens here.',
  },
  active: everywhere(({ label }) => `You are an active member, and ${label} is open to you.`),
  hibernating: everywhere(
    ({ label }) =>
      `Your membership hibernates: you can read ${label} and not speak in it. Ask the cooperative to end the hibernation; everything is then as it was.`,
  ),
  suspended: everywhere(
    ({ label }) =>
      `Your membership is suspended, so ${label} is closed to you. You are let in again when the suspension ends; ask the council about it.`,
  ),
  departed: everywhere(
    ({ label }) => `You left the cooperative, so ${label} is closed to you. To come back, apply anew.`,
  ),
  expelled: everywhere(
    ({ label }) =>
      `You were expelled from the cooperative, so ${label} is closed to you. Only a decision of the cooperative changes that.`,
  ),
  'no-seat': (at) =>
    `${at.label} is for ${audience(at)}, and you have no seat there. Ask a coordinator of the group for one; you are let in as soon as the cooperative’s list names it.`,
  'role-required': (at) =>
    `${at.label} is for ${audience(at)}, and you have no such role now. Ask the council if you should have it.`,
  'group-hibernating': ({ label }) =>
    `The group of ${label} hibernates: it can be read, and nobody speaks until the cooperative reactivates it.`,
  'group-archived': ({ label }) => `The group of ${label} is archived: it can be read, and nobody speaks any more.`,
  shut: ({ label }) =>
    `Word came that your access ended, so nothing of yours is passed on in ${label} before the cooperative’s records were asked. That takes a moment; log in again, or ask an admin if it goes on.`,
  stale: ({ label }) =>
    `${label} is confidential, and nobody could say for too long who is a member. It goes on by itself when the authority answers again; tell an admin.`,
  waiting: ({ label }) =>
    `The authority does not answer now, so nobody new is let into ${label}. It happens by itself when it answers again; whoever is there stays.`,
  unknown: ({ label }) =>
    `Nobody can say now whether you belong in ${label}, so nothing changes: whoever is there stays, nobody new is let in. Try again when the authority answers, or tell an admin.`,
  unmapped: ({ label }, statusText = '') =>
    `The authority calls your standing “${statusText}”, which nobody explained to Causeway, so nothing changes for you in ${label}. An admin has to add it to authority.statuses.`,
};
