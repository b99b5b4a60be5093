import { say } from './say.ts';
import { type MatrixConverter, objectIn } from './view.ts';

const STARTED = 'started a call; it can be joined on Matrix';

/** A call is told once, by what a client sends when it rings; who comes and goes in it is nobody's news. */
export const call: MatrixConverter = (event, view) =>
  event.state_key === undefined ? say(event, view, 'action', [STARTED]) : [];

/** A conference as a widget of the room. A widget of another kind may hold a secret in its address, so its address goes nowhere. */
export const widget: MatrixConverter = (event, view) => {
  const { type } = event.content;
  const isCall = type === 'jitsi' || type === 'm.jitsi' || type === 'm.call';
  return event.state_key !== undefined && isCall ? say(event, view, 'action', [STARTED]) : [];
};

/** Somebody shows where they are while they move (MSC3489): that they do, not each step. */
export const liveLocation: MatrixConverter = (event, view) => {
  const info = objectIn(event.content);
  return event.state_key !== undefined && info.live === true
    ? say(event, view, 'action', ['shows where they are; it can be followed on Matrix'])
    : [];
};
