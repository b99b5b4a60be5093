import { parentPort, workerData } from 'node:worker_threads';
import { type MembersText, readMembers } from './read-members.ts';

/** A thread of its own for one long list; see `read-aside.ts`. */
parentPort?.postMessage(readMembers(workerData as MembersText));
