import { type Handle, type Member, parseSubjectKey, subjectKey } from './member.ts';

/** What an admin is told of what the authority said: what is wrong, what follows, and what to do. */

const nameOf = (key: string): string => parseSubjectKey(key).sub;

/** @param known members whom it named before */
export const namesNobody = (known: number): string =>
  known === 0
    ? 'The authority names nobody at all. If that is not meant, look whether Causeway may read its list.'
    : `The authority names nobody at all, where it named ${known}. That is taken for a mistake and changes nothing; look whether Causeway may read its list.`;

export const namedTwice = (key: string): string =>
  `The authority names ${nameOf(key)} twice; what it said first counts. Remove one of the two.`;

export const notExplained = ({ name, subject, statusText }: Member): string =>
  `The authority calls the standing of ${name ?? nameOf(subjectKey(subject))} “${statusText}”, which nobody explained: nothing changes for them. Add the word to authority.statuses.`;

export const givenToSeveral = ({ value, network }: Handle, subjects: readonly string[]): string =>
  `${value}${network === undefined ? '' : ` on ${network}`} is given to several people (${subjects.map(nameOf).sort().join(', ')}), so it counts for none of them. Correct it where members are kept.`;
