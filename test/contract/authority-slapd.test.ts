import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { systemClock } from '../../src/clock.ts';
import type { Lookup } from '../../src/core/authority/member.ts';
import type { Authority } from '../../src/ports/authority.ts';
import { execute } from '../../src/sandbox/execute.ts';
import { ADA, authorityContract, BEN, CLEO, type Fault, memberOf, type World } from '../authority/contract.ts';
import { groupDn, ISSUER, type MadeWith, makeAuthority, personDn, writeTree } from '../authority/ldap-world.ts';
import { normal, Watcher } from '../authority/watcher.ts';
import { waitUntil } from '../servers/people.ts';
import { type Attributes, BASE, READER, type Slapd, startSlapd } from '../servers/slapd.ts';
import { startProxy, type TcpProxy } from '../servers/tcp-proxy.ts';
import { makeTempDir } from '../servers/temp-dir.ts';

const NO_PEOPLE = `access to attrs=userPassword by anonymous auth\naccess to dn.children="ou=people,${BASE}" by * none\naccess to * by users read`;
const NO_MEMBERS = `access to attrs=userPassword by anonymous auth\naccess to attrs=member by * none\naccess to * by users read`;
const SMALL_ANSWERS = `limits dn.exact="${READER.dn}" size.soft=1 size.hard=1 size.prtotal=1`;

const faults = (slapd: Slapd, sync: boolean): Readonly<Record<string, Fault>> => {
  const again = (behaviour: object) => () => slapd.reconfigure({ sync, ...behaviour });
  const mend = again({});
  return {
    unreachable: { strike: slapd.kill9, mend: slapd.start, reasons: ['unreachable'] },
    silent: { strike: slapd.pause, mend: slapd.resume, reasons: ['timeout'] },
    'half an answer': { strike: again({ more: SMALL_ANSWERS }), mend, reasons: ['ambiguous', 'unreachable'] },
    'empty answer': { strike: again({ access: NO_PEOPLE }), mend, reasons: ['ambiguous', 'unreachable'] },
    'empty groups': { strike: again({ access: NO_MEMBERS }), mend, reasons: ['ambiguous', 'unreachable'] },
    unauthorized: {
      strike: async () => {
        await slapd.set(READER.dn, 'userPassword', ['another']);
        await slapd.restart();
      },
      mend: () => slapd.set(READER.dn, 'userPassword', [READER.password]),
      reasons: ['unauthorized', 'unreachable'],
    },
  };
};

for (const sync of [true, false]) {
  authorityContract(
    sync ? 'of a directory that pushes' : 'of a directory that is asked',
    async ({ clock, statuses, roles }): Promise<World> => {
      const slapd = await startSlapd({ dir: makeTempDir('slapd'), behaviour: { sync } });
      const known = new Set<string>();
      const made: MadeWith = { statuses, roles, config: { url: slapd.url, intervalSeconds: 5 } };
      return {
        authority: makeAuthority(clock, made),
        issuer: ISSUER,
        secrets: [READER.password],
        write: (people) => writeTree(slapd, people, known),
        faults: faults(slapd, sync),
        end: () => slapd.stop(),
      };
    },
    { faults: ['unreachable', 'silent', 'half an answer', 'empty answer', 'empty groups', 'unauthorized'], speed: 15 },
  );
}

describe('an authority that is a directory', () => {
  const dir = makeTempDir('slapd');
  let slapd: Slapd;
  let proxy: TcpProxy;
  const authorities: Authority[] = [];
  const made = (options: MadeWith = {}): Authority => {
    const config = { url: slapd.url, ...options.config };
    const authority = makeAuthority(systemClock, { ...options, config });
    authorities.push(authority);
    return authority;
  };
  const whole = normal([ADA, BEN, CLEO].map((person) => memberOf(person, ISSUER)));

  before(async () => {
    await makeCertificate(dir, 'localhost', '127.1', '127.0.0.1');
    const tls = { certFile: join(dir, 'localhost.crt'), keyFile: join(dir, 'localhost.key') };
    slapd = await startSlapd({ dir, behaviour: { tls } });
    await writeTree(slapd, [ADA, BEN, CLEO], new Set());
    proxy = await startProxy(slapd.port);
  });
  after(async () => {
    for (const authority of authorities) await authority.close();
    await proxy.stop();
    await slapd.stop();
  });

  test('takes a subject for a value and never for a part of the question', async () => {
    const authority = made();
    for (const sub of [
      '*',
      'a*',
      'ada)(uid=*',
      '*)(objectClass=*',
      '\\2a',
      'ada\0',
      '',
      ' ',
      'ADA',
      'x'.repeat(10_000),
    ])
      assert.equal((await authority.member({ iss: ISSUER, sub })).kind, 'absent', JSON.stringify(sub));
  });

  test('is all or nothing wherever the connection breaks', async () => {
    const seen = new Map<string, number>();
    for (let bytes = 0; bytes <= 700; bytes += 9) {
      proxy.cutAfter(bytes);
      const authority = made({ config: { url: `ldap://127.0.0.1:${proxy.port}` } });
      const all = await authority.snapshot();
      if (all.kind === 'found') assert.deepEqual(normal(all.value.members), whole);
      else assert.equal(all.kind, 'unknown');
      seen.set(all.kind, (seen.get(all.kind) ?? 0) + 1);
      await authority.close();
    }
    proxy.pass();
    assert.deepEqual([...seen.keys()].sort(), ['found', 'unknown']);
  });

  test('reads more people than fit into a page', async () => {
    const many = Array.from({ length: 1_201 }, (_, i) => `many-${i}`);
    await slapd.addAll(
      many.map((uid): [string, Attributes] => [
        personDn(uid),
        { objectClass: ['inetOrgPerson', 'cooperator'], cn: uid, sn: uid, employeeType: 'suspended' },
      ]),
    );
    const all = await made().snapshot();
    assert.equal(all.kind === 'found' && all.value.members.length, 1_204);
    // Many changes at one moment are told as one.
    const watcher = new Watcher(made());
    await waitUntil(() => watcher.members.length === 1_204, { what: 'the first snapshot' });
    await slapd.removeAll(many.map(personDn));
    await waitUntil(() => watcher.members.length === 3, { timeoutMs: 20_000, what: 'three to be left' });
    await watcher.stop();
    // How many moments they are is the directory's affair: the last of them may be of a few.
    const singly = watcher.updates.filter(({ kind }) => kind === 'member').length;
    assert.ok(singly < many.length / 10, `${singly} of ${many.length} were told one by one`);
    assert.deepEqual(
      watcher.updates.filter(({ kind }) => kind === 'unknown' || kind === 'gap'),
      [],
    );
  });

  test('keeps the seats of somebody whose entry gets another name', async () => {
    const authority = made({ config: { subjectAttribute: 'entryUUID' } });
    const watcher = new Watcher(authority);
    const sub = await slapd.uuid(personDn('ben'));
    await waitUntil(() => watcher.member(sub), { what: 'ben' });
    await slapd.rename(personDn('ben'), personDn('benedict'));
    await slapd.set(personDn('benedict'), 'cn', ['Benedict Okri']);
    await waitUntil(() => watcher.member(sub)?.name === 'Benedict Okri', { what: 'his new name' });
    await slapd.set(groupDn('garden'), 'member', [personDn('ada')]);
    await waitUntil(() => watcher.member(sub)?.seats.length === 1, { what: 'one seat less' });
    const seats = watcher.updates.flatMap((update) =>
      update.kind === 'member' && update.member?.subject.sub === sub ? [update.member.seats.length] : [],
    );
    assert.deepEqual([...new Set(seats)], [2, 1]);
    assert.deepEqual(watcher.removed, []);
    await watcher.stop();
    await slapd.rename(personDn('benedict'), personDn('ben'));
    await slapd.set(personDn('ben'), 'cn', [BEN.name]);
    await slapd.set(groupDn('garden'), 'member', [personDn('ada'), personDn('ben')]);
  });

  test('knows nothing while two people claim one account', async () => {
    const authority = made();
    await slapd.set(personDn('ben'), 'matrixId', [ADA.matrix]);
    assert.deepEqual(await authority.snapshot(), {
      kind: 'unknown',
      reason: 'ambiguous',
      text: `${personDn('ben')} and ${personDn('ada')} have the same ${ADA.matrix}. It can belong to one person only; correct one of them.`,
    });
    const watcher = new Watcher(authority);
    await watcher.next(0, ({ kind }) => kind === 'unknown');
    await slapd.set(personDn('ben'), 'matrixId', [BEN.matrix]);
    await watcher.shows(whole);
    await watcher.stop();
  });

  test('does not take a directory of which a part is elsewhere for whole', async () => {
    const elsewhere = `ou=elsewhere,${BASE}`;
    const objectClass = ['referral', 'extensibleObject'];
    await slapd.add(elsewhere, { objectClass, ou: 'elsewhere', ref: 'ldap://127.0.0.1:1/dc=x' });
    const authority = made();
    assert.equal(reasonOf(await authority.snapshot()), 'ambiguous');
    const watcher = new Watcher(authority);
    const first = await watcher.next(0, () => true);
    assert.equal(first.kind === 'unknown' && first.reason, 'ambiguous');
    await slapd.removeReferral(elsewhere);
    await watcher.shows(whole);
    await watcher.stop();
  });

  for (const [what, config, reason] of [
    ['a base that is not there', { base: 'dc=elm,dc=example' }, 'ambiguous'],
    ['a name that is none', { base: 'willow' }, 'malformed'],
    ['a filter that is none', { peopleFilter: '(objectClass=person' }, 'malformed'],
    ['a filter that finds nobody', { peopleFilter: '(objectClass=device)' }, 'ambiguous'],
    ['an attribute that nobody has', { subjectAttribute: 'employeeNumber' }, 'malformed'],
    ['another password', { password: 'another' }, 'unauthorized'],
    ['an empty password', { password: '' }, 'unauthorized'],
    ['a port where nobody listens', { url: 'ldap://127.0.0.1:1' }, 'unreachable'],
  ] as const) {
    test(`says what is wrong with ${what}`, async () => {
      const authority = made({ config });
      assert.equal(reasonOf(await authority.snapshot()), reason);
      const watcher = new Watcher(authority);
      const first = await watcher.next(0, () => true);
      assert.equal(first.kind === 'unknown' && first.reason, reason);
      await watcher.stop();
    });
  }

  test('trusts a certificate of the authority that it was told, and no other', async () => {
    await makeCertificate(dir, 'stranger', 'localhost');
    const [caFile, other, both] = ['localhost', 'stranger', 'both'].map((name) => join(dir, `${name}.crt`));
    assert.ok(caFile !== undefined && other !== undefined && both !== undefined);
    await writeFile(both, `${await readFile(other, 'utf8')}${await readFile(caFile, 'utf8')}`);
    const url = slapd.secureUrl;
    for (const trusted of [caFile, both]) {
      const all = await made({ config: { url, caFile: trusted } }).snapshot();
      assert.deepEqual(all.kind === 'found' && normal(all.value.members), whole);
    }
    for (const config of [{ url }, { url, caFile: other }, { url: url.replace('localhost', '127.0.0.1'), caFile }])
      assert.equal(reasonOf(await made({ config }).snapshot()), 'unreachable');
  });

  test('says what is wrong with the certificates that it was told, and takes others without a restart', async () => {
    const [caFile, noted] = ['localhost.crt', 'noted.crt'].map((name) => join(dir, name));
    assert.ok(caFile !== undefined && noted !== undefined);
    const certificate = await readFile(caFile, 'utf8');
    const authority = made({ config: { url: slapd.secureUrl, caFile: noted } });
    assert.equal(reasonOf(await authority.snapshot()), 'unauthorized');
    for (const broken of ['', 'hello', certificate.slice(0, 200), certificate.replace(/\n[^-\n]{64}\n/, '\nAAAA\n')]) {
      await writeFile(noted, broken);
      assert.equal(reasonOf(await authority.snapshot()), 'malformed', broken);
    }
    await writeFile(noted, certificate);
    assert.equal(reasonOf(await authority.snapshot()), 'found');
  });

  test('sends no password in clear beyond this machine: StartTLS or nothing', async () => {
    // 127.0.0.1 in a form that nobody takes for this machine; certificates are compared with both.
    const config = { url: `ldap://127.1:${slapd.port}` };
    const caFile = join(dir, 'localhost.crt');
    const all = await made({ config: { ...config, caFile } }).snapshot();
    assert.deepEqual(all.kind === 'found' && normal(all.value.members), whole);
    assert.equal(reasonOf(await made({ config }).snapshot()), 'unreachable');
    await slapd.reconfigure({});
    const refused = await made({ config: { ...config, caFile } }).snapshot();
    assert.deepEqual(refused, {
      kind: 'unknown',
      reason: 'unauthorized',
      text: 'The directory at 127.1 offers no StartTLS, and no password goes there in clear. Use ldaps://.',
    });
  });
});

const reasonOf = (lookup: Lookup<unknown>): string => (lookup.kind === 'unknown' ? lookup.reason : lookup.kind);

/** A self-signed certificate `<name>.crt` for these hosts, with its key. */
async function makeCertificate(dir: string, name: string, ...hosts: string[]): Promise<void> {
  const names = [name, ...hosts].map((host) => `DNS:${host}`).join(',');
  const files = ['-keyout', join(dir, `${name}.key`), '-out', join(dir, `${name}.crt`)];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
  const subject = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=${names}`];
  const run = await execute('openssl', ['req', '-x509', ...curve, '-nodes', '-days', '2', ...files, ...subject], {
    timeoutMs: 20_000,
  });
  assert.equal(run.code, 0, run.stderr);
}
