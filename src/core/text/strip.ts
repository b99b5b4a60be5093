/** Plain text of a line from IRC. */
import { maskCodes } from './irc-formatting.ts';

/** C0 and C1 controls except line feed and tab. */
const CONTROLS = /[\x00-\x08\x0b-\x1f\x7f-\x9f]/g;

/**
 * Takes out formatting codes with their colours, and every other control but tab and line feed. Nothing visible goes.
 */
export const stripFormatting = (text: string): string => maskCodes(text).replace(CONTROLS, '');
