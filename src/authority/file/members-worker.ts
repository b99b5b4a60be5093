import { parentPort } from 'node:worker_threads';
import { type MembersText, readMembers } from './read-members.ts';

/** A thread of its own for one long list; see `read-aside.ts`. */
parentPort?.once('message', (text: MembersText) => parentPort?.postMessage(readMembers(text)));
