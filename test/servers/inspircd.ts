import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { freePort } from '../../src/sandbox/servers/ports.ts';
import { replies } from '../../src/sandbox/servers/probe.ts';
import { type ServerProcess, startServer, withMore } from '../../src/sandbox/servers/server-process.ts';
import { ensurePackagedProgram, type PackagedProgram } from './debian-program.ts';

export type Inspircd = ServerProcess & { readonly ports: { readonly irc: number }; readonly url: string };

export type InspircdOptions = {
  readonly dir: string;
  readonly port?: number;
  /** Configuration added at the end: tags as InspIRCd writes them. */
  readonly more?: string;
  /** Modules left out of {@link MODULES}: `ircv3_ctctags` for a server without message tags. */
  readonly without?: readonly string[];
  readonly limits?: keyof typeof LIMITS;
};

/** What makes it a modern server. Without services it has no accounts, and offers no `sasl`. */
const MODULES = [
  ...[
    'alias',
    'banexception',
    'botmode',
    'cap',
    'chanhistory',
    'cgiirc',
    'channames',
    'cloaking',
    'customprefix',
    'inviteexception',
  ],
  ...[
    'ircv3',
    'ircv3_accounttag',
    'ircv3_batch',
    'ircv3_capnotify',
    'ircv3_chghost',
    'ircv3_ctctags',
    'ircv3_echomessage',
  ],
  ...[
    'ircv3_invitenotify',
    'ircv3_labeledresponse',
    'ircv3_msgid',
    'ircv3_servertime',
    'monitor',
    'muteban',
    'namesx',
    'noctcp',
  ],
  ...['sasl', 'services_account', 'setname', 'sha1', 'uhnames'],
];

export const inspircdProgram = (onDetail?: (text: string) => void): Promise<PackagedProgram> =>
  ensurePackagedProgram({
    name: 'inspircd',
    debianPackage: 'inspircd',
    unpackedPath: 'usr/sbin/inspircd',
    ...(onDetail === undefined ? {} : { onDetail }),
  });

/** Starts InspIRCd. Each connection takes it about a second to let in. An operator is `oper` with the password `oper-in-a-test`. */
export async function startInspircd(options: InspircdOptions): Promise<Inspircd> {
  const program = await inspircdProgram();
  const dir = resolve(options.dir);
  const port = options.port ?? (await freePort());
  await mkdir(dir, { recursive: true, mode: 0o700 });
  await writeFile(join(dir, 'inspircd.conf'), configuration(program.root, dir, port, options));
  const server = await startServer({
    name: 'InspIRCd',
    command: program.path,
    args: [
      '--config',
      join(dir, 'inspircd.conf'),
      '--nofork',
      '--nopid',
      ...(process.getuid?.() === 0 ? ['--runasroot'] : []),
    ],
    cwd: dir,
    env: program.env,
    logFile: join(dir, 'inspircd.log'),
    // It listens before it has read its modules, and drops who came early.
    isReady: () => replies(port, 'CAP LS'),
  });
  const inspircd: Inspircd = withMore(server, { ports: { irc: port }, url: `irc://127.0.0.1:${port}` });
  return inspircd;
}

/** What a connection may do: as much as a test wants, or as little as in the configuration that InspIRCd comes with. */
const LIMITS = {
  none: 'hardsendq="8M" softsendq="8M" recvq="64K" threshold="100000" commandrate="1000000" fakelag="no"',
  usual: 'hardsendq="1M" softsendq="10240" recvq="10K" threshold="10" commandrate="1000" fakelag="yes"',
} as const;

function configuration(
  root: string,
  dir: string,
  port: number,
  { more = '', without = [], limits = 'none' }: InspircdOptions,
): string {
  const modules = MODULES.filter((name) => !without.includes(name));
  return `
<server name="insp.test" description="InspIRCd in a test" network="InspTest" id="1TE">
<admin name="test" nick="test" email="test@insp.test">
<bind address="127.0.0.1" port="${port}" type="clients">
<path configdir="${dir}" datadir="${dir}" logdir="${dir}" runtimedir="${dir}" moduledir="${join(root, 'usr/lib/inspircd/modules')}">
<connect name="main" allow="*" resolvehostnames="no" timeout="20" pingfreq="120" ${LIMITS[limits]}
         localmax="20000" globalmax="20000" maxchans="1000" useident="no" limit="20000">
<class name="all" commands="*" privs="*" usermodes="*" chanmodes="*" snomasks="*">
<type name="admin" classes="all">
<oper name="oper" password="oper-in-a-test" host="*@*" type="admin">
<options prefixquit="Quit: " suffixquit="" hostintopic="yes" nouserdns="yes" syntaxhints="no" moronbanner="banned" defaultmodes="nt">
<performance softlimit="20000" somaxconn="1024" quietbursts="yes">
<limits maxnick="30" maxchan="64" maxmodes="20" maxident="11" maxhost="64" maxquit="255" maxtopic="307" maxkick="255" maxreal="128" maxaway="200" maxline="512">
<log method="file" type="* -USERINPUT -USEROUTPUT" level="default" target="${join(dir, 'messages.log')}">
<sasl target="services.insp.test" requiressl="no">
<cloak mode="half" key="a-key-for-the-length-of-a-test-and-no-longer" prefix="insp-">
<customprefix name="halfop" letter="h" prefix="%" rank="20000" ranktoset="30000">
<chanhistory maxlines="100" prefixmsg="no" bots="yes">
${modules.map((name) => `<module name="${name}">`).join('\n')}
${more}
`;
}
