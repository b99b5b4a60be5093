import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  distributionSources,
  formatSource,
  parseDeb822Sources,
  parseOneLineSources,
  sameMirror,
} from '../../src/sandbox/obtain/apt-sources.ts';

const DEB822 = `Types: deb
# a comment in the middle
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Enabled: no
Types: deb
URIs: http://off.example/debian
Suites: bookworm
Components: main

Types: deb deb-src
URIs: https://tools.example/apt
Suites: nodistro
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mQINBF
 -----END PGP PUBLIC KEY BLOCK-----
`;

const debian = {
  uri: 'http://mirror.example/debian',
  suite: 'bookworm',
  components: ['main'],
  signedBy: '/usr/share/keyrings/debian-archive-keyring.gpg',
};
const tools = { uri: 'https://tools.example/apt', suite: 'nodistro', components: ['main'] };

describe("the machine's list of archives", () => {
  test('is read in the deb822 form, without what is switched off', () => {
    assert.deepEqual(parseDeb822Sources(DEB822), [debian, { ...debian, suite: 'bookworm-updates' }, tools]);
  });

  test('is read in the one-line form', () => {
    const text = [
      '# deb http://old.example/debian bookworm main',
      'deb [ arch=amd64 signed-by=/etc/apt/keyrings/x.gpg ] http://mirror.example/debian bookworm main contrib # here',
      'deb-src http://mirror.example/debian bookworm main',
      'deb http://mirror.example/security bookworm-security main',
    ].join('\n');
    assert.deepEqual(parseOneLineSources(text), [
      {
        uri: 'http://mirror.example/debian',
        suite: 'bookworm',
        components: ['main', 'contrib'],
        signedBy: '/etc/apt/keyrings/x.gpg',
      },
      { uri: 'http://mirror.example/security', suite: 'bookworm-security', components: ['main'] },
    ]);
  });

  test("gives the distribution's own archives, not other people's for the same release", () => {
    const cloud = { uri: 'https://cloud.example/apt', suite: 'cloud-sdk-bookworm', components: ['main'] };
    const disc = { uri: 'cdrom:[Debian]/', suite: 'bookworm', components: ['main'] };
    const security = { ...debian, suite: 'bookworm-security' };
    assert.deepEqual(distributionSources([debian, tools, cloud, disc, security], 'bookworm'), [debian, security]);
    assert.deepEqual(distributionSources([{ ...debian, suite: 'sid' }], ''), [{ ...debian, suite: 'sid' }]);
  });

  test('leads to another suite on the same mirror, with the same key', () => {
    const security = { ...debian, uri: 'http://mirror.example/security', suite: 'bookworm-security' };
    const found = sameMirror([security, debian], 'trixie');
    assert.deepEqual(
      found && formatSource(found),
      'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://mirror.example/debian trixie main',
    );
    assert.equal(sameMirror([security], 'trixie'), undefined);
  });
});
