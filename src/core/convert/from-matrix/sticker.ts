import { describe } from './lines.ts';
import { relationOf } from './relation.ts';
import { say } from './say.ts';
import type { MatrixConverter } from './view.ts';

export const sticker: MatrixConverter = (event, view) =>
  say(event, view, 'action', [describe('sent a sticker', event.content.body)], relationOf(event.content));
