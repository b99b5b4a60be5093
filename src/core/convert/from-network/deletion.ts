import type { KeyedEffect, NetworkDeletion } from '../../events.ts';
import { subjectOf } from '../../identity/subject.ts';
import { stripFormatting } from '../../text/strip.ts';
import { type NetworkView, one } from './view.ts';

export const deletion = (event: NetworkDeletion, view: NetworkView): KeyedEffect[] =>
  one(event, {
    op: 'matrix.redact',
    room: view.room,
    network: event.network,
    target: event.target,
    reason: stripFormatting(event.reason).slice(0, 300),
    subject: subjectOf(event.source, view.fold),
    nick: event.source.nick,
    account: event.source.account ?? null,
  });
