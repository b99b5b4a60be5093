import { CONTENTS } from './crossings/contents.ts';
import type { Crossing } from './crossings/crossing.ts';
import { LINES } from './crossings/lines.ts';
import { RELATIONS } from './crossings/relations.ts';
import { ROOMS } from './crossings/rooms.ts';
import { SIGNS } from './crossings/signs.ts';

/** Everything that crosses between Matrix and a network, and what becomes of it. docs/what-crosses.md is made of it. */
export const WHAT_CROSSES: readonly Crossing[] = [...LINES, ...RELATIONS, ...CONTENTS, ...SIGNS, ...ROOMS];
