import type { Response } from 'express';

/** A page of one or more sentences. */
export function words(response: Response, status: number, text: string): void {
  response.status(status).type('text/plain').send(`${text}\n`);
}
