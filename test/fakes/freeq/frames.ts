import type { Chunk } from './messages.ts';
import type { Tags } from './wire.ts';

type Base = { readonly origin: string };
type Setting = Base & { readonly channel: string; readonly setBy: string };

/** What servers tell one another, as much of it as clients notice. Named as on the wire, in our spelling. */
export type Frame =
  | (Base & {
      readonly type: 'join';
      readonly nick: string;
      readonly channel: string;
      readonly did: string | null;
      readonly isOp: boolean;
      readonly actorClass: string | null;
    })
  | (Base & { readonly type: 'part'; readonly nick: string; readonly channel: string })
  | (Base & { readonly type: 'quit'; readonly nick: string; readonly reason: string })
  | (Base & { readonly type: 'nick_change'; readonly old: string; readonly new: string })
  | (Base & {
      readonly type: 'kick';
      readonly nick: string;
      readonly channel: string;
      readonly by: string;
      readonly reason: string;
    })
  | (Base & {
      readonly type: 'privmsg';
      readonly from: string;
      readonly target: string;
      readonly text: string;
      readonly msgid: string;
      readonly sig: string | null;
      readonly account: string | null;
      readonly replaces: string | null;
      readonly tags: Tags;
      readonly lines: readonly Chunk[] | null;
    })
  | (Base & {
      readonly type: 'tagmsg';
      readonly from: string;
      readonly target: string;
      readonly tags: Tags;
      readonly account: string | null;
    })
  | (Setting & { readonly type: 'mode'; readonly mode: string; readonly arg: string | null })
  | (Setting & { readonly type: 'topic'; readonly topic: string })
  | (Setting & { readonly type: 'ban' | 'invite_exception'; readonly mask: string; readonly adding: boolean })
  | (Base & { readonly type: 'invite'; readonly channel: string; readonly invitee: string; readonly invitedBy: string })
  | (Base & {
      readonly type: 'channel_created';
      readonly channel: string;
      readonly founder: string | null;
      readonly didOps: readonly string[];
    })
  | (Base & {
      readonly type: 'pin';
      readonly channel: string;
      readonly msgid: string;
      readonly pinnedBy: string;
      readonly adding: boolean;
    });
