import type { Conversation } from './conversation.ts';
import { makeUlid } from './ulid.ts';

/** A conversation that was held with real servers; what they said is in recorded/. */
export type Script = {
  readonly name: string;
  readonly about: string;
  /** With a second server, B, that is linked with the first. */
  readonly federated?: true;
  readonly hold: (talk: Conversation) => Promise<void>;
};

const CAPS =
  'message-tags server-time echo-message account-tag extended-join batch account-notify away-notify multi-prefix draft/chathistory draft/multiline';
const NOW = (offsetMs = 0): string => makeUlid(Date.now() + offsetMs, Math.random);
export const SCRIPTS: readonly Script[] = [
  {
    name: 'login',
    about: 'Capabilities, a login by key, a refused one, and what a guest is told.',
    hold: async (talk) => {
      await talk.open('alice', { key: talk.key('alice') });
      await talk.say('alice', 'CAP LS 302', 'NICK alice', 'USER alice 0 * :Alice A.');
      await talk.say('alice', `CAP REQ :sasl ${CAPS}`);
      await talk.act('alice', 'logs in with the key of the DID', (person) => person.logIn(talk.key('alice')));
      await talk.say('alice', 'CAP END');
      await talk.open('mallory');
      await talk.say('mallory', 'CAP LS 302', 'NICK mallory', 'USER m 0 * :M');
      await talk.say('mallory', 'CAP REQ :sasl no-such-capability');
      await talk.say('mallory', 'CAP REQ :sasl message-tags');
      await talk.act('mallory', 'logs in as alice, with another key', (person) =>
        person.logIn(talk.key('alice'), talk.key('mallory')),
      );
      await talk.say('mallory', 'CAP END');
      await talk.open('gina');
      await talk.say('gina', 'NICK gina', 'USER gina 0 * :Gina');
      await talk.say('gina', 'MSGSIG AAAA', 'FOO bar', 'JOIN #x', 'JOIN #x', 'MODE #x', 'MODE gina');
    },
  },
  {
    name: 'failures-at-login',
    about: 'Three refused logins end a connection; odd answers are refused in words of their own.',
    hold: async (talk) => {
      await talk.open('mallory');
      await talk.say('mallory', 'CAP LS 302', 'NICK mallory', 'USER m 0 * :M', 'CAP REQ :sasl');
      await talk.say('mallory', 'AUTHENTICATE PLAIN');
      await talk.say('mallory', 'AUTHENTICATE ATPROTO-CHALLENGE');
      await talk.say('mallory', 'AUTHENTICATE not-base64-json');
      await talk.say('mallory', 'AUTHENTICATE *');
      for (let tries = 1; tries <= 3; tries++)
        await talk.act('mallory', `fails, ${tries}`, async (person) => {
          const before = person.lines.length;
          person.send('AUTHENTICATE ATPROTO-CHALLENGE');
          await person.flush();
          if (person.lines.length === before) return;
          const answer = { did: talk.key('alice').did, signature: 'A'.repeat(86) };
          person.send(`AUTHENTICATE ${Buffer.from(JSON.stringify(answer)).toString('base64url')}`);
        });
    },
  },
  {
    name: 'nicks',
    about:
      'A nick belongs to the DID that came with it first, for ever; sessions of one DID share theirs and their channels.',
    hold: async (talk) => {
      await talk.join('alice', '#c', { withKey: true });
      await talk.join('gina', '#c');
      await talk.open('guest');
      await talk.say('guest', 'NICK alice', 'USER g 0 * :G');
      await talk.say('guest', 'NICK free', 'NICK a!b', 'NICK alice');
      await talk.open('late', { key: talk.key('bob') });
      await talk.say('late', 'CAP LS 302', 'NICK alice', 'USER bob 0 * :Bob', 'CAP REQ :sasl message-tags');
      await talk.act('late', 'logs in with a key of bob', (person) => person.logIn(talk.key('bob')));
      await talk.say('late', 'CAP END');
      await talk.open('again', { key: talk.key('alice') });
      await talk.say('again', 'CAP LS 302', 'NICK alice', 'USER a 0 * :A', `CAP REQ :sasl ${CAPS}`);
      await talk.act('again', 'logs in with the key of alice', (person) => person.logIn(talk.key('alice')));
      await talk.say('again', 'CAP END');
      await talk.say('again', 'PRIVMSG #c :from the second');
      await talk.say('again', 'PART #c');
      await talk.say('alice', 'NICK alice2');
      await talk.leave('again');
      await talk.leave('gina');
    },
  },
  {
    name: 'talk',
    about: 'What a message looks like to whom, and what of a sender’s own tags goes on.',
    hold: async (talk) => {
      await talk.join('alice', '#c', { withKey: true });
      await talk.join('gina', '#c');
      await talk.join('plain', '#c', { caps: [] });
      await talk.say('alice', 'PRIVMSG #C :hello there', 'PRIVMSG #c hello', 'NOTICE #c :a notice');
      await talk.say('gina', 'PRIVMSG #c :\u0001ACTION waves\u0001');
      await talk.say(
        'gina',
        `@account=${talk.key('alice').did};+freeq.at/origin=evil.test;msgid=SPOOF;time=2001-01-01T00:00:00.000Z;+freeq.at/actor-class=agent;+other=x PRIVMSG #c :I am alice`,
      );
      await talk.say('alice', '@account=did:plc:victim;+freeq.at/origin=evil.test PRIVMSG #c :corrected');
      await talk.pause();
      const root = talk.idOf('alice', 'hello there');
      await talk.say(
        'gina',
        `@+draft/reply=${root} PRIVMSG #c :a reply`,
        '@+typing=active TAGMSG #c',
        '@+freeq.at/media-url=https://m.example/cat.png;+freeq.at/media-mime=image/png PRIVMSG #c :cat',
      );
      await talk.say(
        'gina',
        'PRIVMSG alice :in private',
        'NOTICE alice :noticed',
        'PRIVMSG nobody :hello?',
        'PRIVMSG #empty :to a channel that is not there',
      );
    },
  },
  {
    name: 'event-ids',
    about: 'Ids that a sender mints: taken once, near the server’s clock, from people with an account.',
    hold: async (talk) => {
      await talk.join('alice', '#c', { withKey: true });
      await talk.join('gina', '#c');
      const id = NOW();
      await talk.say('alice', `@+freeq.at/eventid=${id} PRIVMSG #c :with an id of mine`);
      await talk.say('alice', `@+freeq.at/eventid=${id} PRIVMSG #c :with an id of mine`);
      await talk.say('alice', `@+freeq.at/eventid=${NOW(-600_000)} PRIVMSG #c :old`);
      await talk.say('alice', '@+freeq.at/eventid=nonsense PRIVMSG #c :odd');
      await talk.say('gina', `@+freeq.at/eventid=${NOW()} PRIVMSG #c :as a guest`);
      await talk.pause();
      const noticed = NOW();
      await talk.say(
        'alice',
        `@+freeq.at/eventid=${noticed} NOTICE #c :a notice is in no log`,
        `@+freeq.at/eventid=${noticed} NOTICE #c :a notice is in no log`,
      );
    },
  },
  {
    name: 'changes',
    about: 'Edits, deletions and reactions: signed by people with an account, not by guests.',
    hold: async (talk) => {
      const alice = await talk.join('alice', '#c', { withKey: true });
      await talk.join('gina', '#c');
      await talk.join('plain', '#c', { caps: [] });
      await talk.say('alice', 'PRIVMSG #c :first words');
      await talk.say('gina', 'PRIVMSG #c :a guest’s words');
      const [mine, hers] = [talk.idOf('alice', 'first words'), talk.idOf('gina', 'a guest’s words')];
      await talk.say('alice', `@+draft/edit=${mine} PRIVMSG #c :unsigned edit`, `@+react=👍;+reply=${hers} TAGMSG #c`);
      await talk.act('alice', 'edits, signed', () => alice.edit('#c', mine, 'second words'));
      await talk.pause();
      const edit = talk.idOf('gina', 'second words');
      await talk.act('alice', 'edits the edit, signed', () => alice.edit('#c', mine, 'third words'));
      await talk.act('alice', 'signs an edit that names the edit and not the first words', () =>
        alice.edit('#c', edit, 'fourth words'),
      );
      await talk.act('alice', 'says something with a signature of something else', () => {
        const id = NOW();
        alice.say('#c', 'tampered', {
          '+freeq.at/eventid': id,
          '+freeq.at/sig': alice.signature('#c', id, 'what was signed'),
        });
      });
      await talk.act('alice', 'reacts', () => alice.change('#c', { kind: 'react', subject: hers, emoji: '👍' }));
      await talk.act('alice', 'takes it back', () =>
        alice.change('#c', { kind: 'unreact', subject: hers, emoji: '👍' }),
      );
      await talk.say(
        'gina',
        `@+draft/react=🎉;+draft/reply=${edit} TAGMSG #c`,
        `@+draft/edit=${hers} PRIVMSG #c :a guest’s other words`,
        `@+draft/edit=${mine} PRIVMSG #c :not hers`,
        `@+draft/edit=${NOW()} PRIVMSG #c :of nothing`,
      );
      await talk.say(
        'gina',
        `@+draft/delete=${mine} TAGMSG #c`,
        `@+draft/delete=${hers} TAGMSG #c`,
        `@+draft/delete=${hers} TAGMSG #c`,
      );
      await talk.act('alice', 'deletes, signed', () => alice.change('#c', { kind: 'delete', subject: mine }));
      await talk.say('gina', 'CHATHISTORY LATEST #c * 50');
    },
  },
  {
    name: 'multiline',
    about: 'One message of several lines: as a batch, as lines, and what is refused.',
    hold: async (talk) => {
      await talk.join('alice', '#c', { withKey: true });
      await talk.join('gina', '#c', { caps: CAPS.replace(' draft/multiline', '').split(' ') });
      await talk.join('plain', '#c', { caps: [] });
      await talk.say(
        'alice',
        'BATCH +1 draft/multiline #c',
        '@batch=1 PRIVMSG #c :one',
        '@batch=1 PRIVMSG #c :',
        '@batch=1;draft/multiline-concat PRIVMSG #c :two, joined',
        'BATCH -1',
      );
      await talk.say(
        'alice',
        'BATCH +2 draft/multiline #c',
        '@batch=2 PRIVMSG #other :x',
        '@batch=2 NOTICE #c :y',
        'BATCH -2',
        'BATCH -2',
      );
      await talk.say(
        'alice',
        'BATCH +3 draft/multiline #c',
        ...Array.from({ length: 101 }, (_, line) => `@batch=3 PRIVMSG #c :${line}`),
      );
      await talk.pause();
      await talk.say('alice', 'BATCH +4 other #c', 'BATCH');
      await talk.join('late', '#c', { withKey: true });
      await talk.say('late', 'CHATHISTORY LATEST #c * 1');
    },
  },
  {
    name: 'history',
    about: 'What a joiner is shown, and what CHATHISTORY gives: only times count, in whole seconds.',
    hold: async (talk) => {
      const alice = await talk.join('alice', '#c', { withKey: true });
      await talk.join('gina', '#c');
      await talk.say('alice', 'PRIVMSG #c :one', 'PRIVMSG #c :two');
      await talk.say('gina', 'PRIVMSG #c :three', 'TOPIC #c :not allowed');
      await talk.say('alice', 'TOPIC #c :what we talk about');
      await talk.act('alice', 'edits two', () => alice.edit('#c', talk.idOf('alice', 'two'), 'two, edited'));
      await talk.say('gina', `@+react=👍;+reply=${talk.idOf('alice', 'one')} TAGMSG #c`);
      await talk.act('alice', 'reacts too', () =>
        alice.change('#c', { kind: 'react', subject: talk.idOf('alice', 'one'), emoji: '👍' }),
      );
      await talk.open('late');
      await talk.say('late', `CAP REQ :${CAPS}`, 'NICK late', 'USER l 0 * :L', 'CAP END');
      await talk.say('late', 'JOIN #c');
      await talk.say(
        'late',
        'CHATHISTORY LATEST #c * 2',
        'CHATHISTORY BEFORE #c timestamp=2001-01-01T00:00:00.000Z 10',
        'CHATHISTORY AFTER #c timestamp=2001-01-01T00:00:00.000Z 1',
      );
      await talk.say(
        'late',
        'CHATHISTORY LATEST #c msgid=nonsense 1',
        'CHATHISTORY BEFORE #c msgid=nonsense 1',
        'CHATHISTORY AROUND #c timestamp=2001-01-01T00:00:00.000Z 1',
      );
      await talk.say(
        'late',
        'CHATHISTORY LATEST #elsewhere * 2',
        'CHATHISTORY LATEST #c',
        'CHATHISTORY LATEST alice * 2',
        'CHATHISTORY TARGETS timestamp=2001-01-01T00:00:00.000Z timestamp=2030-01-01T00:00:00.000Z 5',
      );
      await talk.open('old');
      await talk.say('old', 'NICK old', 'USER o 0 * :O', 'JOIN #c');
    },
  },
  {
    name: 'walls',
    about: 'Modes, keys, bans, invitations, kicks and topics.',
    hold: async (talk) => {
      await talk.join('alice', '#c', { withKey: true });
      await talk.join('gina', '#c');
      await talk.join('bob', '#other', { withKey: true });
      await talk.say('gina', 'MODE #c +i', 'KICK #c alice :no', 'TOPIC #c', 'PART #nowhere');
      await talk.say('alice', 'MODE #c +i', 'MODE #c');
      await talk.say('bob', 'JOIN #c', 'PRIVMSG #c :from outside');
      await talk.say('alice', 'INVITE bob #c', 'INVITE nobody #c');
      await talk.say('bob', 'JOIN #c', 'PART #c :with a reason');
      await talk.say('alice', 'MODE #c -i', 'MODE #c +k sesame');
      await talk.say('bob', 'JOIN #c', 'JOIN #c wrong', 'JOIN #c sesame');
      await talk.say('alice', 'MODE #c -k x', 'MODE #c +m', 'MODE #c +v gina', 'MODE #c +o nobody');
      await talk.say('bob', 'PRIVMSG #c :unheard', '@+typing=active TAGMSG #c');
      await talk.say('gina', 'PRIVMSG #c :voiced');
      await talk.say(
        'alice',
        'MODE #c -m',
        'MODE #c +E',
        'PRIVMSG #c :in clear',
        '@+encrypted PRIVMSG #c :in clear',
        '@+encrypted PRIVMSG #c :ENC1:secret',
      );
      await talk.say(
        'alice',
        'MODE #c -E',
        `KICK #c bob :go`,
        'MODE #c +b *!*@freeq/guest',
        'MODE #c +b',
        'MODE #c +I did:key:x',
        'MODE #c +I',
        'MODE #c +q x',
      );
      await talk.say('gina', 'PART #c', 'JOIN #c');
      await talk.pause();
      await talk.say('alice', `TOPIC #c :${'x'.repeat(513)}`, 'TOPIC #c :short', 'TOPIC #c');
      await talk.say('bob', `JOIN #${'x'.repeat(70)}`);
    },
  },
  {
    name: 'policies',
    about: 'A channel with a policy lets nobody in who did not accept it, and no guest at all.',
    hold: async (talk) => {
      await talk.join('alice', '#c', { withKey: true });
      await talk.join('gina', '#other');
      await talk.join('bob', '#another', { withKey: true });
      await talk.say('alice', 'POLICY #c INFO', 'POLICY #c SET be kind', 'POLICY #c INFO');
      await talk.say('gina', 'JOIN #c', 'POLICY #c SET mine', 'POLICY #c ACCEPT');
      await talk.say('bob', 'JOIN #c', 'POLICY #c ACCEPT', 'JOIN #c');
      await talk.say('alice', 'POLICY #c CLEAR', 'POLICY #c INFO');
      await talk.say('gina', 'JOIN #c');
    },
  },
  {
    name: 'people',
    about: 'WHOIS, WHO, AWAY, pins, and what shows that somebody is a program.',
    hold: async (talk) => {
      await talk.join('alice', '#c', { withKey: true });
      await talk.join('gina', '#c');
      await talk.say('alice', 'AWAY :lunch');
      await talk.say('gina', 'WHOIS alice', 'WHOIS gina', 'WHOIS nobody', 'WHO alice', 'PRIVMSG alice :there?');
      await talk.say('alice', 'AWAY', 'PRIVMSG #c :to be pinned');
      const id = talk.idOf('gina', 'to be pinned');
      await talk.say('gina', `PIN #c ${id}`);
      await talk.say(
        'alice',
        `PIN #c ${id}`,
        `PIN #c ${id}`,
        'PINS #c',
        `UNPIN #c ${id}`,
        'PINS #c',
        'PIN #c',
        'LIST',
        'MODE #c +k x',
      );
      await talk.say('gina', 'PART #c', 'LIST');
    },
  },
  {
    name: 'too-fast',
    about: 'The sixth message within two seconds is refused; commands beyond ten at once are lost.',
    hold: async (talk) => {
      await talk.join('alice', '#c', { withKey: true });
      await talk.say('alice', ...Array.from({ length: 7 }, (_, index) => `PRIVMSG #c :${index + 1}`));
      await talk.pause();
      await talk.say(
        'alice',
        'PRIVMSG #c :again',
        ...Array.from({ length: 7 }, () => 'NOTICE #c :notices are lost without a word'),
      );
      await talk.pause();
      await talk.say('alice', ...Array.from({ length: 12 }, () => 'PINS #c'));
    },
  },
  {
    name: 'restart',
    about: 'After a kill the log, the nicks and the channels of people with an account are there; a guest’s are not.',
    hold: async (talk) => {
      const alice = await talk.join('alice', '#c', { withKey: true });
      await talk.say('alice', 'PRIVMSG #c :before', 'MODE #c +m', 'TOPIC #c :kept');
      await talk.act('alice', 'edits it', () => alice.edit('#c', talk.idOf('alice', 'before'), 'before, edited'));
      await talk.restart();
      await talk.open('alice', { key: talk.key('alice') });
      await talk.say('alice', 'CAP LS 302', 'NICK alice', 'USER alice 0 * :Alice', `CAP REQ :sasl ${CAPS}`);
      await talk.act('alice', 'logs in', (person) => person.logIn(talk.key('alice')));
      await talk.say('alice', 'CAP END');
      await talk.say('alice', 'MODE #c', 'CHATHISTORY LATEST #c * 10');
    },
  },
  {
    name: 'federated',
    about:
      'People and messages of another server: bare nicks, an origin, no time; tags without origin; notices to a nick as messages.',
    federated: true,
    hold: async (talk) => {
      const alice = await talk.join('alice', '#c', { withKey: true });
      await talk.join('bob@B', '#c', { withKey: true });
      await talk.join('gina', '#c');
      await talk.say('alice', 'PRIVMSG #c :hello over there');
      await talk.say(
        'gina',
        'PRIVMSG #c :\u0001ACTION waves\u0001',
        'NOTICE #c :stays here',
        'NOTICE bob :crosses',
        '@+typing=active TAGMSG #c',
      );
      await talk.say(
        'gina',
        '@+freeq.at/origin=evil.test;account=did:plc:victim;+freeq.at/actor-class=agent;+other=x PRIVMSG #c :forged',
      );
      await talk.say(
        'alice',
        'BATCH +1 draft/multiline #c',
        '@batch=1 PRIVMSG #c :one',
        '@batch=1 PRIVMSG #c :two',
        'BATCH -1',
      );
      const root = talk.idOf('alice', 'hello over there');
      await talk.act('alice', 'edits, signed', () => alice.edit('#c', root, 'hello, edited'));
      await talk.act('alice', 'reacts', () => alice.change('#c', { kind: 'react', subject: root, emoji: '👍' }));
      await talk.say('bob@B', 'CHATHISTORY LATEST #c * 10', 'WHOIS alice', 'WHOIS gina', 'NAMES #c', 'WHO #c');
      await talk.act('alice', 'deletes', () => alice.change('#c', { kind: 'delete', subject: root }));
      await talk.say(
        'alice',
        'TOPIC #c :for both',
        'MODE #c +m',
        'MODE #c +v bob',
        'MODE #c -m',
        'KICK #c gina :of here',
      );
      await talk.say('alice', 'NICK alice2', 'KICK #c bob :of there');
      await talk.leave('gina');
    },
  },
];
