export { type IrcLine, parseIrcLine } from '../../src/sandbox/people/irc-line.ts';
export { IrcUser, type IrcUserOptions, USUAL_CAPS } from '../../src/sandbox/people/irc-user.ts';
export { type MatrixEvent, MatrixRefusal, MatrixUser } from '../../src/sandbox/people/matrix-user.ts';
export { waitUntil } from '../../src/sandbox/people/wait.ts';
