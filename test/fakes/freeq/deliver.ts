import type { Chunk, Saying } from './messages.ts';
import type { FreeqServer } from './server.ts';
import type { Delivery, Session } from './session.ts';
import { isChannel, type Tags, timeTag } from './wire.ts';

export type Said = Saying & { readonly msgid: string };

/** Sends a message to whom it concerns here, and to peers. */
export function relay(server: FreeqServer, session: Session, said: Said, replaces?: string): void {
  const { command, target, text, tags, lines, msgid } = said;
  const delivery = {
    tags,
    time: timeTag(server.nowSeconds),
    // Seen on a live server: an edit of somebody here has no account.
    account: replaces === undefined ? session.did : undefined,
    prefix: session.prefix,
    command,
    target,
    text,
    lines,
  };
  const hears = recipientsOf(server, session, target);
  if (hears.away !== undefined) server.numeric(session, '301', target, hears.away);
  const batch = server.mint('ml');
  for (const recipient of hears.here) tell(server, recipient, { ...delivery, batch });
  if (hears.isUnknown) server.numeric(session, '401', target, 'No such nick/channel');
  // A notice in a channel stays here; one to a nick crosses as a message.
  if (command === 'NOTICE' && isChannel(target)) return;
  server.toPeers({
    type: 'privmsg',
    from: session.nickOrStar,
    target,
    text: text.replaceAll('\n', '\\n'),
    msgid,
    sig: tags.get('+freeq.at/sig') ?? null,
    account: session.did ?? null,
    replaces: replaces ?? null,
    tags: crossing(tags, text.includes('\n')),
    lines: lines ?? null,
    origin: server.id,
  });
}

type Recipients = { readonly here: readonly Session[]; readonly isUnknown: boolean; readonly away: string | undefined };

function recipientsOf(server: FreeqServer, session: Session, target: string): Recipients {
  const echo = session.caps.has('echo-message') ? [session] : [];
  if (isChannel(target)) {
    const members = [...(server.channel(target)?.members ?? [])];
    const here = members.filter((member) => member !== session || echo.length > 0);
    return { here, isUnknown: false, away: undefined };
  }
  const partner = server.sessionsFor(target);
  // A nick that is nobody's here may be somebody's on a peer: nobody is told that it is not.
  if (partner.length === 0)
    return { here: server.peers.size > 0 ? echo : [], isUnknown: server.peers.size === 0, away: undefined };
  const siblings =
    session.did === undefined ? [] : server.sessionsOfDid(session.did).filter((other) => other !== session);
  return {
    here: [...new Set([...partner, ...siblings, ...echo])],
    isUnknown: false,
    away: partner.find(({ away }) => away !== undefined)?.away,
  };
}

export type Message = Omit<Delivery, 'params'> & {
  readonly target: string;
  readonly text: string;
  readonly lines?: readonly Chunk[] | undefined;
  /** Name of its batch, where it becomes one: the same for everybody. */
  readonly batch: string;
};

/** One message, in the form that the client can take: a multiline batch, or as many lines, of which the first has the tags. */
export function tell(server: FreeqServer, session: Session, message: Message): void {
  const { lines, target, text, command, prefix, tags, time, account, batch } = message;
  if (lines === undefined) {
    session.deliver({
      tags,
      prefix,
      command,
      params: [target, text],
      ...(time === undefined ? {} : { time }),
      account,
    });
    return;
  }
  const first = { tags, prefix, account, ...(time === undefined ? {} : { time }) };
  if (!session.caps.has('draft/multiline') || !session.caps.has('message-tags')) {
    for (const [index, { body }] of lines.entries())
      session.deliver({ ...(index === 0 ? first : { tags: new Map(), prefix }), command, params: [target, body] });
    return;
  }
  session.deliver({ ...first, command: 'BATCH', params: [`+${batch}`, 'draft/multiline', target] });
  for (const { body, concat } of lines) {
    const marks = new Map([['batch', batch], ...(concat ? [['draft/multiline-concat', ''] as const] : [])]);
    session.send(server.write({ tags: marks, prefix, command, params: [target, body] }));
  }
  session.send(`BATCH -${batch}`);
}

/** What of a client's tags reaches peers. */
function crossing(tags: Tags, isMultiline: boolean): Tags {
  const kept = new Map([...tags].filter(([key]) => key.startsWith('+freeq.at/') && key !== '+freeq.at/sig'));
  const reply = tags.get('+reply') ?? tags.get('+draft/reply');
  if (reply !== undefined) kept.set('+reply', reply);
  if (isMultiline) kept.set('+freeq.at/multiline', '');
  return kept;
}
