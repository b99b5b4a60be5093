import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type IrcUser, type MatrixEvent, USUAL_CAPS, waitUntil } from '../servers/people.ts';
import { type Shard, startShard } from './shard.ts';

describe('what people write', { timeout: 300_000 }, () => {
  const channel = '#commons';
  let shard: Shard;
  let carol: IrcUser;
  let modern: IrcUser;

  before(async () => {
    shard = await startShard('text');
    carol = await shard.ircUser('carol');
    modern = await shard.ircUser('dave', { caps: [...USUAL_CAPS, 'draft/multiline'] });
  });
  after(async () => {
    await carol?.quit();
    await modern?.quit();
    await shard?.stop();
  });

  const alice = () => shard.person('alice');
  const room = (): string => shard.room(channel);
  const seenOnIrc = (text: string) =>
    carol.waitFor((line) => line.command === 'PRIVMSG' && line.params[1] === text, { what: `"${text}" on IRC` });
  const seenOnMatrix = (body: string): Promise<MatrixEvent> =>
    alice().waitFor((event) => event.content.body === body, { what: `"${body}" in the room` });
  const html = (formatted: string, body: string) =>
    alice().send(room(), body, { format: 'org.matrix.custom.html', formatted_body: formatted });

  test('keeps its formatting on Matrix', async () => {
    carol.say(channel, '\x02bold\x02 \x1dit\x1d \x0304red\x03 <b> \x0301,01secret');
    const { content } = await seenOnMatrix('bold it red <b> secret');
    assert.equal(
      content.formatted_body,
      '<strong>bold</strong> <em>it</em> <span data-mx-color="#ff0000">red</span> &lt;b&gt; <span data-mx-spoiler>secret</span>',
    );
  });

  test('keeps its formatting on IRC', async () => {
    await html('<p>a <strong>b</strong> <a href="https://x.example/">link</a></p>\n<ul><li>one</li></ul>', 'a **b**');
    await seenOnIrc('a \x02b\x02 link <https://x.example/>');
    await seenOnIrc('• one');
  });

  test('calls people on the other side', async () => {
    carol.say(channel, 'alice: hi there');
    const called = await seenOnMatrix('alice: hi there');
    assert.deepEqual(called.content['m.mentions'], { user_ids: [alice().userId] });
    assert.match(
      String(called.content.formatted_body),
      /^<a href="https:\/\/matrix.to\/#\/@alice:shard.test">alice<\/a>: hi/,
    );
    await html(`<a href="https://matrix.to/#/${called.sender}">carol (IRC)</a>: hello`, 'carol (IRC): hello');
    await seenOnIrc('carol: hello');
    await alice().send(room(), '!causeway mentions off');
    await alice().waitFor((event) => /^You are not called/.test(String(event.content.body)));
    carol.say(channel, 'alice: are you there?');
    assert.deepEqual((await seenOnMatrix('alice: are you there?')).content['m.mentions'], {});
  });

  test('of several lines is one message where clients know such, and survives a crash in the middle exactly once', async () => {
    const from = modern.lines.length;
    const bridge = await shard.restartBridge({ CAUSEWAY_FAILPOINT: 'after-socket-write@1' });
    await alice().send(room(), 'first\n\nsecond\nthird');
    await waitUntil(() => !bridge.isRunning(), { what: 'the crash', timeoutMs: 30_000 });
    await shard.restartBridge();
    await alice().send(room(), 'afterwards');
    await seenOnIrc('afterwards');
    const lines = carol.said(channel).map(({ text }) => text);
    assert.deepEqual(lines.slice(lines.indexOf('first')), ['first', 'second', 'third', 'afterwards']);
    const batches = modern.lines
      .slice(from)
      .filter(({ command, params }) => command === 'BATCH' && params[1] === 'draft/multiline');
    assert.equal(batches.length, 1);
    modern.sendLine(`BATCH +1 draft/multiline ${channel}`);
    for (const line of ['one', '\x02two']) modern.sendLine(`@batch=1 PRIVMSG ${channel} :${line}`);
    modern.sendLine('BATCH -1');
    assert.equal((await seenOnMatrix('one\ntwo')).content.formatted_body, 'one<br><strong>two</strong>');
  });

  test('is not interrupted by who is away, has another host, or another nick of the same account', async () => {
    const { events } = alice();
    carol.sendLine('NS REGISTER correct-horse-battery');
    await carol.waitFor((line) => line.command === 'NOTICE' && /created|registered/i.test(line.params[1] ?? ''));
    carol.say(channel, 'logged in');
    await seenOnMatrix('logged in');
    const from = events.length;
    carol.sendLine('AWAY :lunch');
    carol.sendLine('SETNAME :Somebody else');
    carol.sendLine('NICK carol-away');
    await carol.flush();
    carol.say(channel, 'renamed');
    const renamed = await seenOnMatrix('renamed');
    await shard.restartBridge();
    carol.say(channel, 'still here');
    assert.equal((await seenOnMatrix('still here')).sender, renamed.sender);
    const memberships = events
      .slice(from)
      .filter(({ type, state_key }) => type === 'm.room.member' && state_key === renamed.sender);
    // Clients show a name that changed, not a coming and going.
    assert.deepEqual(
      memberships.map(({ content }) => [content.membership, content.displayname]),
      [['join', 'carol-away (IRC)']],
    );
  });
});
