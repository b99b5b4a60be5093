import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { env } from '../../src/config/doc.ts';
import { formatProblems, loadConfig } from '../../src/config/load.ts';
import { changed, complaints, configOf, goodConfig, goodRegistration, inFolder, load } from './fixture.ts';

describe('a configuration that is right', () => {
  test('is completed by the defaults, with absolute paths', async () => {
    const { config, folder } = await configOf(goodConfig);
    assert.deepEqual(config, {
      homeserver: { url: 'http://127.0.0.1:8008', serverName: 'willow.example' },
      appservice: {
        listen: '127.0.0.1:9009',
        url: 'http://127.0.0.1:9009',
        registration: join(folder, 'registration.yaml'),
        queryToken: false,
      },
      database: `sqlite:${join(folder, 'data/causeway.db')}`,
      authority: {
        source: 'none',
        mode: 'enforce',
        statuses: {},
        roles: {},
        softSeconds: 60,
        hardSeconds: 900,
        guardWindowSeconds: 600,
        reconcileSeconds: 900,
        audit: join(folder, 'data/audit.jsonl'),
      },
      networks: [
        {
          id: 'home',
          kind: 'irc',
          server: { host: '127.0.0.1', port: 6667, tls: false },
          bot: { nick: 'causeway', user: 'causeway', realname: 'Causeway, a bridge to Matrix' },
          puppets: {
            mode: 'each',
            nick: '{name}',
            max: 100,
            idleMinutes: 0,
            ahead: 0,
            reconnectsAtOnce: 10,
            connectPerSecond: 20,
          },
          relay: { format: '<{name}> {text}', relaymsg: 'auto', suffix: '/mx' },
          inDoubt: 'resend',
          presence: { toMatrix: false, toNetwork: false },
          readMarkers: false,
          deliveryMarks: 'none',
          history: { maxLines: 10_000 },
          trust: 'foreign',
          displayNames: { via: '{nick} via {origin}' },
          topicNote: true,
          channels: [
            {
              channel: '#commons',
              room: '#commons',
              join: 'restricted',
              unadmitted: 'drop',
              visitors: true,
              maxLines: 3,
              guard: true,
              assurance: { relay: 'anonymous', ghost: 'anonymous', voice: 'none' },
              ghosts: 'speakers',
              ghostsCap: 500,
              policyLists: [],
              idleDays: 30,
            },
          ],
        },
      ],
      http: { listen: '127.0.0.1:9010', publicListen: '127.0.0.1:9011' },
      moderation: { policyLists: [] },
      media: { days: 14, maxMegabytes: 100, fetch: true, fetchMegabytes: 20, fetchFrom: [] },
      log: { level: 'info', format: 'pretty', lines: false },
    });
  });

  test('cannot be changed by anybody who gets it', async () => {
    const { config } = await configOf(goodConfig);
    const channels = config.networks[0]?.channels as unknown as { room: string }[];
    assert.throws(() => channels.push({ room: '#x' }), TypeError);
    assert.throws(() => {
      const first = channels[0];
      if (first !== undefined) first.room = '#x';
    }, TypeError);
  });

  test('takes texts, numbers and truth values out of the environment', async () => {
    const text = changed(
      'port: 6667, tls: false',
      `port: "${env('PORT')}", tls: "${env('TLS')}", password: "${env('A')}-$${env('B')}"`,
    );
    const { config } = await configOf(text, { env: { PORT: '6697', TLS: 'true', A: '12' } });
    assert.deepEqual(config.networks[0]?.server, {
      host: '127.0.0.1',
      port: 6697,
      tls: true,
      password: `12-${env('B')}`,
    });
  });

  test('cannot be given new lines or keys by the environment', async () => {
    const { config } = await configOf(changed('nick: causeway', `nick: causeway, realname: "${env('NAME')}"`), {
      env: { NAME: '", oper: {user: x}} #' },
    });
    assert.equal(config.networks[0]?.bot.realname, '", oper: {user: x}} #');
    assert.equal(config.networks[0]?.bot.oper, undefined);
  });

  test('reads secrets out of files, without the last line break', async () => {
    const { config } = await configOf(
      changed('nick: causeway', 'nick: causeway, oper: {user: bridge, passwordFile: secrets/oper}').replace(
        'secrets/',
        '',
      ),
      {
        files: { oper: ' with spaces \r\n' },
      },
    );
    assert.equal(config.networks[0]?.bot.oper?.password, ' with spaces ');
  });

  test('reads the database’s address out of a file too', async () => {
    const { config } = await configOf(`${goodConfig}databaseFile: db\n`, {
      files: { db: 'postgres://causeway:x@127.0.0.1/causeway\n' },
    });
    assert.equal(config.database, 'postgres://causeway:x@127.0.0.1/causeway');
  });

  test('may use aliases and null for what is left out', async () => {
    const text = changed(
      '- {channel: "#commons", room: "#commons"}',
      '- &link {channel: "#commons", room: "#commons"}\nhttp:\n  listen: &l 127.0.0.1:9011',
    );
    assert.equal((await configOf(text)).config.http.listen, '127.0.0.1:9011');
  });

  test('brings its fingerprints into one form', async () => {
    const colons = Array.from({ length: 32 }, () => 'AB').join(':');
    const { config } = await configOf(changed('tls: false', `tlsFingerprint: "${colons}"`));
    assert.equal(config.networks[0]?.server.tlsFingerprint, 'ab'.repeat(32));
  });

  test('comes with warnings about what is open', async () => {
    const text = changed('host: 127.0.0.1', 'host: irc.example.org').concat(
      'http: {listen: ":9010"}\nappservice: {queryToken: true}\n',
    );
    const { loaded, folder } = await load(text);
    assert.deepEqual(loaded.ok && formatProblems(loaded.warnings).replaceAll(`${folder}/`, '').split('\n'), [
      'config.yaml:1:1: Nobody is asked who is a member: everybody on the homeserver and on the networks is let in.',
      'config.yaml:6:54: What is said on home travels unencrypted to irc.example.org, passwords included. Set tls to true.',
      'config.yaml:10:16: Health and metrics answer other machines too. Keep the port behind a firewall or in a private network.',
      'config.yaml:11:26: The homeserver’s token is also taken from URLs, which end up in logs. Leave it out, unless the homeserver is old.',
    ]);
  });
});

describe('a file that cannot be a configuration', () => {
  const bomb = Array.from(
    { length: 10 },
    (_, i) =>
      `k${i}: &a${i} [${Array(9)
        .fill(i === 0 ? 'x' : `*a${i - 1}`)
        .join(', ')}]`,
  ).join('\n');
  const cases: readonly (readonly [string, string, string])[] = [
    [
      'that unfolds without end',
      bomb,
      'config.yaml:1:1: The file unfolds to more than 200000 values. Write it without aliases and deep nesting.',
    ],
    [
      'that holds itself',
      'a: &a {b: *a}\n',
      'config.yaml:1:1: The file is nested more than 24 levels deep. Write it without aliases and deep nesting.',
    ],
    [
      'that is nested a hundred thousand times',
      `a: ${'['.repeat(100_000)}`,
      'config.yaml:1:1: The file is nested too deeply. At most 24 levels are read.',
    ],
    [
      'of two megabytes',
      `# ${'x'.repeat(2_000_000)}`,
      'config.yaml:1:1: The configuration has 2000002 bytes; at most 1048576 are read. Is it the right file?',
    ],
  ];
  for (const [name, text, expected] of cases)
    test(name, async () => assert.deepEqual(await complaints(text), [expected]));

  test('that is not there', () =>
    inFolder(async (folder) => {
      const loaded = await loadConfig(join(folder, 'config.yaml'));
      assert.deepEqual(loaded, {
        ok: false,
        problems: [
          {
            file: join(folder, 'config.yaml'),
            line: 1,
            column: 1,
            path: '',
            text: 'The configuration is not there.',
            remedy: 'Copy config.sample.yaml to it and put in your own names.',
          },
        ],
      });
    }));

  test('that is a folder, or a pipe that nobody writes to', () =>
    inFolder(async (folder) => {
      await mkdir(join(folder, 'a.yaml'));
      await promisify(execFile)('mkfifo', [join(folder, 'b.yaml')]);
      const said = await Promise.all(['a.yaml', 'b.yaml'].map((name) => loadConfig(join(folder, name))));
      assert.deepEqual(
        said.map((loaded) => !loaded.ok && loaded.problems[0]?.text),
        ['The configuration is a folder.', 'The configuration is no file.'],
      );
    }));

  test('that is not UTF-8', () =>
    inFolder(async (folder) => {
      await writeFile(join(folder, 'c.yaml'), Buffer.from([0x61, 0x3a, 0x20, 0xff, 0xfe]));
      const loaded = await loadConfig(join(folder, 'c.yaml'));
      assert.deepEqual(!loaded.ok && loaded.problems.map(({ text, remedy }) => `${text} ${remedy}`), [
        'The configuration is not UTF-8 text. Save it as UTF-8.',
      ]);
    }));
});

describe('whatever stands in the file', () => {
  const pieces = [
    ...goodConfig.split(/(?<=[\s:{},[\]"#])/),
    '&a',
    '*a',
    '!x',
    '<<',
    '---\n',
    '|',
    '>',
    '"\\u0000"',
    '__proto__',
    '\t',
    'null',
    '1e999',
    '0x10',
    env('X'),
    '$',
    '? ',
  ];

  test('it is answered with problems, each with a place and one line of text, and never with an exception', async () => {
    await inFolder(async (folder) => {
      const path = join(folder, 'config.yaml');
      await writeFile(join(folder, 'registration.yaml'), goodRegistration());
      const broken = fc
        .array(fc.oneof(fc.constantFrom(...pieces), fc.string({ maxLength: 5 })), { maxLength: 40 })
        .map((list) => list.join(''));
      const spoiled = fc
        .tuple(fc.nat(goodConfig.length), fc.nat(10), broken)
        .map(([at, cut, text]) => goodConfig.slice(0, at) + text + goodConfig.slice(at + cut));
      await fc.assert(
        fc.asyncProperty(fc.oneof(broken, spoiled), async (text) => {
          await writeFile(path, text);
          const loaded = await loadConfig(path, { env: {} });
          const linesOf = (file: string): number => (file === path ? text : goodRegistration()).split('\n').length;
          for (const { file, line, column, text: said, remedy } of loaded.ok ? loaded.warnings : loaded.problems) {
            assert.ok(line >= 1 && line <= linesOf(file) + 1 && column >= 1, `${file}:${line}:${column}`);
            assert.doesNotMatch(said + remedy, /\p{Cc}/u);
          }
          assert.equal(loaded.ok || loaded.problems.length > 0, true);
        }),
        { numRuns: 400 },
      );
    });
  });
});
