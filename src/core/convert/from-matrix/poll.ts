import type { MatrixEvent } from '../../events.ts';
import { linesOf } from './lines.ts';
import { relationOf } from './relation.ts';
import { say } from './say.ts';
import { type MatrixConverter, objectIn } from './view.ts';

/** Polls (MSC3381) are told where they are asked, answered and closed. Who voted for what stays on Matrix: ids alone say it, and some polls are secret. */
export const pollStart: MatrixConverter = (event, view) => {
  const poll = objectIn(event.content['org.matrix.msc3381.poll.start'] ?? event.content['m.poll']);
  const question = textIn(poll.question, MAX_QUESTION);
  if (event.state_key !== undefined || question === '') return [];
  const answers = Array.isArray(poll.answers)
    ? poll.answers.slice(0, MAX_ANSWERS).map((one) => textIn(one, MAX_ANSWER))
    : [];
  const listed = answers.map((answer, index) => `(${index + 1}) ${answer}`).join(' ');
  const line = `asks in a poll: ${question} ${listed}`.trim();
  return say(event, view, 'action', [`${line} [votes are cast on Matrix]`], relationOf(event.content));
};

export const pollVote: MatrixConverter = (event, view) =>
  event.state_key === undefined ? say(event, view, 'action', ['votes in the poll']) : [];

export const pollEnd: MatrixConverter = (event, view) => {
  const result = textIn(event.content, MAX_QUESTION);
  return event.state_key === undefined
    ? say(event, view, 'action', [`closes the poll${result === '' ? '' : `: ${result}`}`])
    : [];
};

const MAX_ANSWERS = 20;
const MAX_QUESTION = 300;
const MAX_ANSWER = 100;

/** Text as extensible events have it (MSC1767): a string, or a list of representations, the first of which is plain. */
function textIn(value: unknown, max: number): string {
  const object = objectIn(value) as MatrixEvent['content'];
  const given = object['org.matrix.msc1767.text'] ?? object['m.text'] ?? object.body;
  const text = Array.isArray(given) ? objectIn(given[0]).body : given;
  return typeof text === 'string' ? linesOf(text).join(' ').trim().slice(0, max) : '';
}
