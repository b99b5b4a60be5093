import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Attribute, Change, Client, Control } from 'ldapts';
import { freePort } from '../../src/sandbox/servers/ports.ts';
import { accepts } from '../../src/sandbox/servers/probe.ts';
import { type ServerProcess, startServer, withMore } from '../../src/sandbox/servers/server-process.ts';
import { ensurePackagedProgram, type PackagedProgram } from './debian-program.ts';

export const BASE = 'dc=willow,dc=example';
export const ADMIN = { dn: `cn=admin,${BASE}`, password: 'admin-in-a-test' };
/** May read everything and write nothing; limits of {@link SlapdOptions} are for this one. */
export const READER = { dn: `cn=causeway,ou=services,${BASE}`, password: 'reader-in-a-test' };

export type Attributes = Readonly<Record<string, string | readonly string[]>>;

export type Slapd = ServerProcess & {
  readonly port: number;
  readonly url: string;
  /** `ldaps://`, where it has a certificate. */
  readonly secureUrl: string;
  readonly add: (dn: string, attributes: Attributes) => Promise<void>;
  /** Replaces all values of an attribute; none removes it. */
  readonly set: (dn: string, attribute: string, values: readonly string[]) => Promise<void>;
  readonly remove: (dn: string) => Promise<void>;
  readonly addAll: (entries: readonly (readonly [dn: string, attributes: Attributes])[]) => Promise<void>;
  readonly removeAll: (dns: readonly string[]) => Promise<void>;
  /** Removes an entry that points to another server, and not what it points to. */
  readonly removeReferral: (dn: string) => Promise<void>;
  readonly rename: (dn: string, newDn: string) => Promise<void>;
  /** The `entryUUID` of an entry. */
  readonly uuid: (dn: string) => Promise<string>;
  /** Stops it and starts it with the same data and other options. */
  readonly reconfigure: (options: SlapdOptions['behaviour']) => Promise<void>;
};

export type SlapdOptions = {
  readonly dir: string;
  readonly port?: number;
  readonly behaviour?: {
    /** Content synchronisation (RFC 4533); true unless told. */
    readonly sync?: boolean;
    /** Lines of the database's configuration, such as `limits dn.exact="…" size=3`. */
    readonly more?: string;
    /** Lines of access control in place of "everybody who is somebody may read". */
    readonly access?: string;
    readonly tls?: { readonly certFile: string; readonly keyFile: string };
  };
};

export const slapdProgram = (onDetail?: (text: string) => void): Promise<PackagedProgram> =>
  ensurePackagedProgram({
    name: 'slapd',
    debianPackage: 'slapd',
    unpackedPath: 'usr/sbin/slapd',
    ...(onDetail === undefined ? {} : { onDetail }),
  });

/** Starts OpenLDAP's slapd with an empty tree: `ou=people`, `ou=groups`, `ou=services` and the two accounts above. */
export async function startSlapd(options: SlapdOptions): Promise<Slapd> {
  const program = await slapdProgram();
  const dir = resolve(options.dir);
  const port = options.port ?? (await freePort());
  const securePort = await freePort();
  await mkdir(join(dir, 'db'), { recursive: true, mode: 0o700 });
  const configure = (behaviour: SlapdOptions['behaviour']): Promise<void> =>
    writeFile(join(dir, 'slapd.conf'), configuration(program.root, dir, behaviour), { mode: 0o600 });
  await configure(options.behaviour);
  const url = `ldap://127.0.0.1:${port}`;
  const secureUrl = `ldaps://localhost:${securePort}`;
  const server = await startServer({
    name: 'slapd',
    command: program.path,
    args: [
      ...['-f', join(dir, 'slapd.conf'), '-d', '0'],
      ...['-h', options.behaviour?.tls === undefined ? url : `${url} ldaps://127.0.0.1:${securePort}`],
    ],
    cwd: dir,
    env: program.env,
    logFile: join(dir, 'slapd.log'),
    isReady: () => accepts(port),
    // It waits for its connections otherwise.
    stopWithinMs: 3_000,
  });
  const asAdmin = async <T>(run: (client: Client) => Promise<T>): Promise<T> => {
    const client = new Client({ url, timeout: 10_000, connectTimeout: 5_000 });
    try {
      await client.bind(ADMIN.dn, ADMIN.password);
      return await run(client);
    } finally {
      await client.unbind();
    }
  };
  const add = (dn: string, attributes: Attributes): Promise<void> =>
    asAdmin((client) => client.add(dn, toAttributes(attributes)));
  if ((await entries(asAdmin)) === 0) await plant(add);
  return withMore(server, {
    port,
    url,
    secureUrl,
    add,
    set: (dn: string, attribute: string, values: readonly string[]) =>
      asAdmin((client) =>
        client.modify(
          dn,
          new Change({
            operation: 'replace',
            modification: new Attribute({ type: attribute, values: [...values] }),
          }),
        ),
      ),
    remove: (dn: string) => asAdmin((client) => client.del(dn)),
    addAll: (entries: readonly (readonly [string, Attributes])[]) =>
      asAdmin(async (client) => {
        for (const [dn, attributes] of entries) await client.add(dn, toAttributes(attributes));
      }),
    removeAll: (dns: readonly string[]) =>
      asAdmin(async (client) => {
        for (const dn of dns) await client.del(dn);
      }),
    removeReferral: (dn: string) => asAdmin((client) => client.del(dn, new Control(MANAGE_DSA_IT))),
    reconfigure: async (behaviour: SlapdOptions['behaviour']) => {
      await configure(behaviour);
      await server.restart();
    },
    rename: (dn: string, newDn: string) => asAdmin((client) => client.modifyDN(dn, newDn)),
    uuid: (dn: string) =>
      asAdmin(async (client) => {
        const { searchEntries } = await client.search(dn, { scope: 'base', attributes: ['entryUUID'] });
        return String(searchEntries[0]?.entryUUID);
      }),
  });
}

/** RFC 3296 §3. */
const MANAGE_DSA_IT = '2.16.840.1.113730.3.4.2';

type AsAdmin = <T>(run: (client: Client) => Promise<T>) => Promise<T>;

const toAttributes = (attributes: Attributes): Attribute[] =>
  Object.entries(attributes).map(
    ([type, values]) => new Attribute({ type, values: typeof values === 'string' ? [values] : [...values] }),
  );

const entries = (asAdmin: AsAdmin): Promise<number> =>
  asAdmin(async (client) => {
    const found = await client.search(BASE, { scope: 'base', attributes: ['1.1'] }).catch(() => undefined);
    return found?.searchEntries.length ?? 0;
  });

async function plant(add: Slapd['add']): Promise<void> {
  await add(BASE, { objectClass: ['dcObject', 'organization'], o: 'Willow', dc: 'willow' });
  for (const ou of ['people', 'groups', 'services'])
    await add(`ou=${ou},${BASE}`, { objectClass: 'organizationalUnit', ou });
  await add(READER.dn, {
    objectClass: ['applicationProcess', 'simpleSecurityObject'],
    cn: 'causeway',
    userPassword: READER.password,
  });
}

const SCHEMA = `
attributetype ( 1.3.6.1.4.1.99999.1.1 NAME 'matrixId' EQUALITY caseExactMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
attributetype ( 1.3.6.1.4.1.99999.1.2 NAME 'ircAccount' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
objectclass ( 1.3.6.1.4.1.99999.2.1 NAME 'cooperator' SUP top AUXILIARY MAY ( matrixId $ ircAccount ) )
`;

function configuration(root: string, dir: string, behaviour: SlapdOptions['behaviour'] = {}): string {
  const schema = (name: string): string => `include ${join(root, 'etc/ldap/schema', `${name}.schema`)}`;
  const { tls, more = '', access, sync } = behaviour;
  return [
    ...['core', 'cosine', 'inetorgperson'].map(schema),
    SCHEMA,
    `pidfile ${join(dir, 'slapd.pid')}`,
    `modulepath ${join(root, 'usr/lib/ldap')}`,
    ...['back_mdb', 'syncprov', 'refint'].map((name) => `moduleload ${name}`),
    ...(tls === undefined ? [] : [`TLSCertificateFile ${tls.certFile}`, `TLSCertificateKeyFile ${tls.keyFile}`]),
    'database mdb',
    `suffix "${BASE}"`,
    `directory ${join(dir, 'db')}`,
    'maxsize 268435456',
    `rootdn "${ADMIN.dn}"`,
    `rootpw ${ADMIN.password}`,
    'index objectClass,entryUUID,entryCSN,member eq',
    'sizelimit unlimited',
    more,
    access ?? 'access to attrs=userPassword by anonymous auth\naccess to * by users read',
    ...(sync === false ? [] : ['overlay syncprov']),
    'overlay refint',
    'refint_attributes member',
    `refint_nothing "cn=nobody,${BASE}"`,
    '',
  ].join('\n');
}
