import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  clientTagPasses,
  DEFAULT_ISUPPORT,
  type Isupport,
  isChannelName,
  parseTarget,
  readIsupport,
  targetsPerLine,
} from '../../../src/core/irc/isupport.ts';
import { applyIsupport, NO_ISUPPORT } from '../../../src/core/irc/isupport-tokens.ts';

const SENTENCE = 'are supported by this server';
const tokensOf = (...lines: string[]) =>
  lines.reduce((tokens, line) => applyIsupport(tokens, ['me', ...line.split(' '), SENTENCE]), NO_ISUPPORT);
const read = (...lines: string[]): Isupport => readIsupport(tokensOf(...lines));

describe('tokens', () => {
  test('add up over lines, the last value of each counts, -TOKEN takes one back', () => {
    assert.deepEqual(
      tokensOf('NICKLEN=9 WHOX EXCEPTS=', 'nicklen=30 draft/ICON=https://x/y', '-WHOX -NEVER'),
      new Map([
        ['NICKLEN', '30'],
        ['EXCEPTS', ''],
        ['DRAFT/ICON', 'https://x/y'],
      ]),
    );
  });

  test('come back to what was there before only in a new map', () => {
    const before = tokensOf('A=1');
    applyIsupport(before, ['me', 'A=2', '-A', 'B']);
    assert.deepEqual(before, new Map([['A', '1']]));
  });

  test('unescape what a value cannot hold', () => {
    assert.equal(read('NETWORK=Willow\\x20Co\\x2Dop\\x5C\\x3d').networkName, 'Willow Co-op\\=');
    assert.equal(read('NETWORK=a\\xzz').networkName, 'a\\xzz');
  });

  test('leave out our nick and the sentence, in any place and language', () => {
    assert.deepEqual(
      applyIsupport(NO_ISUPPORT, ['WHOX', 'A', 'sont pris en charge', 'B']),
      new Map([
        ['A', ''],
        ['B', ''],
      ]),
    );
    assert.deepEqual(applyIsupport(NO_ISUPPORT, []), NO_ISUPPORT);
    assert.deepEqual(applyIsupport(NO_ISUPPORT, ['me', '=x', '-', '', '--A', '__proto__=1', ':']), NO_ISUPPORT);
  });

  test('are bounded', () => {
    const many = Array.from({ length: 5000 }, (_, i) => `T${i}`);
    assert.equal(applyIsupport(NO_ISUPPORT, ['me', ...many]).size, 512);
  });
});

test('what Ergo says is read', () => {
  const ergo = read(
    'AWAYLEN=390 BOT=B CASEMAPPING=ascii CHANLIMIT=#:1000 CHANMODES=Ibe,k,fl,CEMRUimnstu CHANNELLEN=64 CHANTYPES=# CHATHISTORY=1000 ELIST=U EXCEPTS EXTBAN=,m FORWARD=f INVEX',
    'KICKLEN=390 MAXLIST=beI:1000 MAXTARGETS=4 MODES MONITOR=1000 MSGREFTYPES=msgid,timestamp NETWORK=Causeway NICKLEN=32 PREFIX=(qaohv)~&@%+ SAFELIST STATUSMSG=~&@%+ TARGMAX=NAMES:1,LIST:1,KICK:,WHOIS:1,PRIVMSG:4',
    'TOPICLEN=390 UTF8ONLY WHOX draft/CHATHISTORY=1000',
  );
  assert.deepEqual(ergo, {
    networkName: 'Causeway',
    casemapping: 'ascii',
    utf8Only: true,
    utf8Names: false,
    chanTypes: '#',
    prefixes: [
      { mode: 'q', symbol: '~' },
      { mode: 'a', symbol: '&' },
      { mode: 'o', symbol: '@' },
      { mode: 'h', symbol: '%' },
      { mode: 'v', symbol: '+' },
    ],
    chanModes: { list: 'Ibe', always: 'k', whenSet: 'fl', flag: 'CEMRUimnstu' },
    statusMsg: '~&@%+',
    lineLen: 512,
    nickLen: 32,
    userLen: undefined,
    hostLen: undefined,
    nameLen: 128,
    channelLen: 64,
    topicLen: 390,
    awayLen: 390,
    kickLen: 390,
    modesPerLine: 13,
    targMax: new Map([
      ['NAMES', 1],
      ['LIST', 1],
      ['KICK', Number.POSITIVE_INFINITY],
      ['WHOIS', 1],
      ['PRIVMSG', 4],
    ]),
    chathistoryLimit: 1000,
    msgRefTypes: ['msgid', 'timestamp'],
    monitorLimit: 1000,
    whox: true,
    botMode: 'B',
    inviteExceptions: 'I',
    extban: { prefix: '', kinds: 'm' },
    accountExtban: undefined,
    listLimits: [{ letters: 'beI', most: 1000 }],
    clientTagDeny: [],
  });
});

describe('a server that says nothing', () => {
  test('is taken for a classic one', () => {
    const {
      casemapping,
      chanTypes,
      prefixes,
      lineLen,
      modesPerLine,
      chathistoryLimit,
      monitorLimit,
      botMode,
      networkName,
    } = DEFAULT_ISUPPORT;
    assert.deepEqual(
      { casemapping, chanTypes, prefixes, lineLen, modesPerLine, chathistoryLimit, monitorLimit, botMode, networkName },
      {
        casemapping: 'rfc1459',
        chanTypes: '#&',
        prefixes: [
          { mode: 'o', symbol: '@' },
          { mode: 'v', symbol: '+' },
        ],
        lineLen: 512,
        modesPerLine: 3,
        chathistoryLimit: 0,
        monitorLimit: 0,
        botMode: undefined,
        networkName: undefined,
      },
    );
  });

  test('or says everything without a value, gives defaults and no crash', () => {
    const bare = read(
      'NETWORK CASEMAPPING CHANMODES PREFIX STATUSMSG NICKLEN LINELEN MODES TARGMAX BOT CLIENTTAGDENY MONITOR CHATHISTORY UTF8MAPPING',
    );
    assert.deepEqual(
      { ...bare, chanModes: undefined },
      {
        ...DEFAULT_ISUPPORT,
        chanModes: undefined,
        prefixes: [],
        modesPerLine: 13,
        monitorLimit: Number.POSITIVE_INFINITY,
      },
    );
    assert.deepEqual(bare.chanModes, DEFAULT_ISUPPORT.chanModes);
  });

  test('or nonsense, likewise', () => {
    const nonsense = read(
      'NICKLEN=-1 LINELEN=99999999999 TOPICLEN=1e3 KICKLEN=0 PREFIX=(o MODES=x BOT=BB CHATHISTORY=many TARGMAX=:4,,X',
    );
    assert.deepEqual({ ...nonsense, modesPerLine: 3 }, DEFAULT_ISUPPORT);
    assert.equal(read('LINELEN=100').lineLen, 512);
    assert.equal(read('LINELEN=999999').lineLen, 65_536);
    assert.deepEqual(read('PREFIX=(ohv)@').prefixes, [{ mode: 'o', symbol: '@' }]);
  });
});

describe('names and targets', () => {
  const ngircd = read('CHANTYPES=#&+ PREFIX=(qaohv)~&@%+ STATUSMSG=~&@%+');
  test('channels are told from nicks by their first character', () => {
    assert.deepEqual(
      ['#a', '&a', '+a', 'a', ''].map((name) => isChannelName(name, ngircd)),
      [true, true, true, false, false],
    );
    assert.equal(isChannelName('#a', read('CHANTYPES=')), false);
  });

  test('a status prefix is taken off a channel, and only off a channel', () => {
    const cases = ['@#a', '@+#a', '+a', '&a', '@a', '#a', '@', 'a', ''].map((target) => parseTarget(target, ngircd));
    assert.deepEqual(cases, [
      { status: '@', name: '#a' },
      { status: '@+', name: '#a' },
      { status: '', name: '+a' },
      { status: '', name: '&a' },
      { status: '', name: '@a' },
      { status: '', name: '#a' },
      { status: '', name: '@' },
      { status: '', name: 'a' },
      { status: '', name: '' },
    ]);
  });

  test('lists of targets are as long as the server says', () => {
    const isupport = read('TARGMAX=PRIVMSG:4,KICK:,JOIN:3');
    assert.deepEqual(
      ['PRIVMSG', 'KICK', 'JOIN', 'PART', 'NOTICE'].map((command) => targetsPerLine(command, isupport)),
      [4, Number.POSITIVE_INFINITY, 3, Number.POSITIVE_INFINITY, 1],
    );
  });

  test('client tags pass unless denied', () => {
    const passes = (...tokens: string[]) =>
      ['+typing', '+draft/react'].map((tag) => clientTagPasses(tag, read(...tokens)));
    assert.deepEqual(passes('WHOX'), [true, true]);
    assert.deepEqual(passes('CLIENTTAGDENY'), [true, true]);
    assert.deepEqual(passes('CLIENTTAGDENY=draft/react,x'), [true, false]);
    assert.deepEqual(passes('CLIENTTAGDENY=*,-typing'), [true, false]);
    assert.deepEqual(passes('CLIENTTAGDENY=*'), [false, false]);
  });
});
