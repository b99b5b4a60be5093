import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { bridgeAddress } from '../../src/cli/bridge-address.ts';
import { runStatus, type StatusSurroundings } from '../../src/cli/status.ts';
import { statusText } from '../../src/cli/status-text.ts';
import { ago, columnsOf, duration, fit } from '../../src/cli/terminal-text.ts';
import type { AuthorityReport, StatusReport } from '../../src/ports/status.ts';
import { healthyAuthority, healthyPortal, healthyReport, NOW } from '../http/report.ts';
import { makeTempDir } from '../servers/temp-dir.ts';

const plain = { columns: 120, colours: false, maxPortals: 100 };

const troubled: StatusReport = {
  ...healthyReport,
  bridge: { ...healthyReport.bridge, problems: ['The disk is nearly full.'], notes: ['Everybody is let in.'] },
  homeserver: {
    reachable: false,
    lastTransactionAtMs: null,
    syncAgeMs: null,
    problem: 'No answer from http://127.0.0.1:8008 since 3 min; lines wait in the database and go out when it is back.',
  },
  portals: [
    healthyPortal,
    {
      ...healthyPortal,
      channel: '#garden',
      alias: '#garden:willow.example',
      state: 'broken',
      problem: 'the bot may not enter: invite only (473). /INVITE causeway #garden lets it in.',
      lastToMatrixMs: null,
      lagToMatrixMs: null,
      queuedToMatrix: 1200,
      doubtful: 2,
      parked: 1,
      refused: 31,
    },
  ],
};

describe('The status for people', () => {
  test('says in two lines that all is well, and shows each link in a row', () => {
    assert.equal(
      statusText(healthyReport, plain),
      `Causeway 0.1.0, up 1 h, process 42. 2026-01-02T03:04:05.000Z
All is well.

Homeserver  reachable, Dendrite 0.15.2 at http://127.0.0.1:8008, last transaction 5 s ago, sync answered 12 s ago
Database    sqlite, healthy
Network     home up for 59 min, ergo-2.15.0, 2 of 2 puppets connected, 0 reconnects

                          people     last line to           lag to        queued to
channel        room          M+N  Matrix  network  Matrix  network  Matrix  network  doubtful  parked  refused
#commons home  #commons      2+5     4 s    2 min   21 ms     8 ms       0        0         0       0        0
Rooms without a server name are on willow.example.
`,
    );
  });

  test('puts problems first, as sentences, and broken links above the others', () => {
    assert.equal(
      statusText(troubled, plain),
      `Causeway 0.1.0, up 1 h, process 42. 2026-01-02T03:04:05.000Z
3 problems:
  • The disk is nearly full.
  • No answer from http://127.0.0.1:8008 since 3 min; lines wait in the database and go out when it is back.
  • #garden on home: the bot may not enter: invite only (473). /INVITE causeway #garden lets it in.
Note: Everybody is let in.

Homeserver  NOT REACHABLE, last transaction none yet, sync not answered yet
Database    sqlite, healthy
Network     home up for 59 min, ergo-2.15.0, 2 of 2 puppets connected, 0 reconnects

                           people     last line to           lag to        queued to
channel         room          M+N  Matrix  network  Matrix  network  Matrix  network  doubtful  parked  refused
✗ #garden home  #garden       2+5   never    2 min       -     8 ms    1200        0         2       1       31
#commons home   #commons      2+5     4 s    2 min   21 ms     8 ms       0        0         0       0        0
Rooms without a server name are on willow.example.
`,
    );
  });

  test('says how the authority stands, in one line, and what an admin has to do about it above', () => {
    const shown = (authority: AuthorityReport): string[] =>
      statusText({ ...healthyReport, authority }, { ...plain, columns: 250 })
        .split('\n')
        .filter((line) => /^(Authority|All is|\d problems|One problem| {2}•)/.test(line));
    assert.deepEqual(shown(healthyAuthority), [
      'All is well.',
      'Authority   file ./members.yaml fresh, last word 3 s ago, 12 people, 0 changes put right',
    ]);
    const held = { hash: 'f00d', resource: 'space:willow', removes: 9, why: 'more than 5 of 12.' };
    assert.deepEqual(
      shown({
        ...healthyAuthority,
        mode: 'observe',
        state: 'stale',
        asOfMs: NOW - 1_000_000,
        members: null,
        problem: 'members.yaml line 7: no such status.',
        heldPlans: [held],
        driftCorrected: 2,
        auditProblem: 'The audit log cannot be written: its disk is full.',
      }),
      [
        '3 problems:',
        '  • Authority (file ./members.yaml): members.yaml line 7: no such status. It has not answered for long: nobody is let in or removed, and each channel’s `staleness` decides who goes on talking.',
        '  • Held: a plan for space:willow that removes 9 people: more than 5 of 12. `causeway confirm f00d` lets it go on.',
        '  • Nobody is let in: The audit log cannot be written: its disk is full.',
        'Authority   file ./members.yaml STALE, last word 16 min ago, people not known yet, ONLY OBSERVED: nothing is done, ONE PLAN HELD, 2 changes put right, AUDIT LOG NOT WRITTEN',
      ],
    );
  });

  test('writes paragraphs where the terminal is narrow, never wider than it', () => {
    const long = {
      ...healthyPortal,
      channel: '#a-rather-long-channel-name',
      alias: '#another-long-name:other.example',
    };
    const text = statusText({ ...troubled, portals: [...troubled.portals, long] }, { ...plain, columns: 80 });
    assert.match(
      text,
      /\n#garden on home ↔ #garden: broken, people 2 \+ 5\n {2}to Matrix: last line none yet, 1200 queued\n {2}to home: last line 2 min ago, lag 8 ms, 0 queued\n {2}2 doubtful, 1 parked, 31 refused\n/,
    );
    for (const columns of [80, 100, 120, 200])
      for (const line of statusText(troubled, { ...plain, columns }).split('\n'))
        assert.ok(columnsOf(line) <= columns, `${columnsOf(line)} columns: ${line}`);
  });

  test('counts the links that are well where there are thousands, and shows every broken one', () => {
    const [well, broken] = troubled.portals;
    assert.ok(well !== undefined && broken !== undefined);
    const portals = [...Array(10_000).fill(well), ...Array(3).fill(broken)];
    const text = statusText({ ...healthyReport, portals }, { ...plain, maxPortals: 5 });
    assert.equal(text.match(/✗ #garden/g)?.length, 3);
    assert.equal(text.match(/^#commons/gm)?.length, 2);
    assert.match(text, /And 9998 more links without problems; --all shows them\.\n$/);
  });

  test('lets nobody write on the terminal who names a channel', () => {
    const evil = '#x\u001b]0;owned\u0007\n\u202e';
    const text = statusText(
      {
        ...healthyReport,
        networks: [{ ...(healthyReport.networks[0] ?? assert.fail()), software: evil, state: 'down', problem: evil }],
        portals: [{ ...healthyPortal, channel: evil, room: evil, alias: `${evil}:y` }],
      },
      plain,
    );
    assert.doesNotMatch(text.replaceAll('\n', ''), /\p{Cc}|\u202e/u);
    assert.equal(text.split('\n').length, statusText(healthyReport, plain).split('\n').length + 1);
  });
});

describe('Durations', () => {
  test('are short and round down', () => {
    const shown = [
      0, 8.4, 999, 1234, 9949, 9950, 59_999, 60_000, 3_599_999, 3_600_000, 86_399_999, 432_000_000, -5,
    ].map(duration);
    assert.deepEqual(shown, [
      '0 ms',
      '8 ms',
      '999 ms',
      '1.2 s',
      '9.9 s',
      '9 s',
      '59 s',
      '1 min',
      '59 min',
      '1 h',
      '23 h',
      '5 d',
      '0 ms',
    ]);
    assert.deepEqual(
      [null, NOW + 5, NOW - 999, NOW - 1999, NOW - 30_000].map((at) => ago(at, NOW)),
      ['never', 'now', 'now', '1 s', '30 s'],
    );
  });

  test('and wide signs keep their columns', () => {
    assert.deepEqual([columnsOf('a\u0301b'), columnsOf('日本'), columnsOf('👩‍👩‍👧'), columnsOf('#é')], [2, 4, 2, 2]);
    assert.deepEqual([fit('日本語', 5), fit('日本語', 6), fit('abc', 2)], ['日本…', '日本語', 'a…']);
  });
});

/** The command, run to its end; `answer` is what listens at the address. */
async function ran(
  t: TestContext,
  argv: readonly string[],
  answer?: { status?: number; body: string },
  more: Partial<StatusSurroundings> = {},
) {
  const server = createServer((request, response) => {
    response.writeHead(request.url === '/status' ? (answer?.status ?? 200) : 404).end(answer?.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const folder = await mkdtemp(join(tmpdir(), 'causeway-status-'));
  t.after(async () => {
    server.close();
    await rm(folder, { recursive: true });
  });
  await writeFile(join(folder, 'config.yaml'), `http: {listen: "127.0.0.1:${port}"}\nnetworks: \${NOT_SET}\n`);
  if (answer === undefined) await new Promise((resolve) => server.close(resolve));
  let printed = '';
  let complained = '';
  const code = await runStatus(argv, {
    folder,
    columns: 120,
    terminal: false,
    print: (text) => {
      printed += text;
    },
    complain: (text) => {
      complained += text;
    },
    signal: new AbortController().signal,
    everyMs: 1,
    ...more,
  });
  return { code, printed, complained: complained.replaceAll(String(port), 'PORT') };
}

describe('causeway status', () => {
  test('finds the address in a configuration even where the rest of it is wrong, and ends with 0', async (t) => {
    assert.deepEqual(await ran(t, [], { body: JSON.stringify(healthyReport) }), {
      code: 0,
      printed: statusText(healthyReport, plain),
      complained: '',
    });
  });

  test('ends with 1 when something is wrong, and gives the report as JSON', async (t) => {
    const { code, printed } = await ran(t, ['--json', '--config', 'config.yaml'], { body: JSON.stringify(troubled) });
    assert.deepEqual([code, JSON.parse(printed)], [1, troubled]);
  });

  test('ends with 2 and says what was tried when nothing answers', async (t) => {
    assert.deepEqual(await ran(t, []), {
      code: 2,
      printed: '',
      complained:
        'Causeway does not answer at http://127.0.0.1:PORT/status (ECONNREFUSED). Is it running? `causeway run` starts it; if it listens elsewhere, say where with --url. (The address is from http.listen of config.yaml.)\n',
    });
  });

  test('says that it asked at the default address where the configuration is not YAML', async () => {
    const folder = makeTempDir('status');
    await writeFile(join(folder, 'config.yaml'), 'http:\n\tlisten: 127.0.0.1:1\n');
    assert.deepEqual(await bridgeAddress({}, folder), {
      url: 'http://127.0.0.1:9010',
      source: 'the default: config.yaml is not YAML, `causeway check` says where',
    });
  });

  test('is not taken in by other programs', async (t) => {
    for (const body of ['<html>', '{}', 'null', '[]', '{"bridge":{},"portals":[]}']) {
      const { code, complained } = await ran(t, [], { body });
      assert.deepEqual(
        [code, complained],
        [
          2,
          'Something other than Causeway answers at http://127.0.0.1:PORT/status. (The address is from http.listen of config.yaml.)\n',
        ],
      );
    }
  });

  test('passes on why there is no report', async (t) => {
    const { code, complained } = await ran(t, [], { status: 503, body: 'The database may be stuck.\n' });
    assert.equal(code, 2);
    assert.match(complained, /^Causeway answers at \S+: The database may be stuck\. /);
  });

  test('refuses what it does not know', async (t) => {
    const refused = {
      '--jsno':
        'causeway status has no option --jsno. Did you mean --json? `causeway status --help` lists what it takes.',
      extra: undefined,
      '--url=ftp://x': '--url ftp://x is neither host:port nor a URL.',
      '--config=nowhere.yaml':
        'The configuration nowhere.yaml is not there. Name the right one with --config, or an address with --url.',
    };
    for (const [argument, text] of Object.entries(refused)) {
      const { code, complained } = await ran(t, [argument]);
      assert.deepEqual([code, complained], [2, text === undefined ? complained : `${text}\n`]);
      assert.notEqual(complained, '');
    }
  });

  test('watches until it is told to stop', async (t) => {
    const stop = new AbortController();
    let times = 0;
    const { code } = await ran(
      t,
      ['--watch', '--json'],
      { body: JSON.stringify(healthyReport) },
      {
        signal: stop.signal,
        print: (text) => {
          assert.deepEqual(JSON.parse(text), healthyReport);
          if (++times === 3) stop.abort();
        },
      },
    );
    assert.deepEqual([code, times], [0, 3]);
  });
});
