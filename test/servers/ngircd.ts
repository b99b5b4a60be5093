import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { freePort } from '../../src/sandbox/servers/ports.ts';
import { accepts } from '../../src/sandbox/servers/probe.ts';
import { type ServerProcess, startServer, withMore } from '../../src/sandbox/servers/server-process.ts';
import { ensurePackagedProgram, type PackagedProgram } from './debian-program.ts';

export type Ngircd = ServerProcess & { readonly ports: { readonly irc: number }; readonly url: string };

export type NgircdOptions = {
  readonly dir: string;
  readonly port?: number;
  /** `irc.ngircd.test` unless told; two linked servers need two. */
  readonly serverName?: string;
  /** Other servers to link with, for netsplits: one of the two connects, the other is passive. */
  readonly links?: readonly { readonly serverName: string; readonly port: number; readonly passive: boolean }[];
  /** Configuration added at the end. */
  readonly more?: string;
};

export const ngircdProgram = (onDetail?: (text: string) => void): Promise<PackagedProgram> =>
  ensurePackagedProgram({
    name: 'ngircd',
    debianPackage: 'ngircd',
    unpackedPath: 'usr/sbin/ngircd',
    ...(onDetail === undefined ? {} : { onDetail }),
  });

/** Starts ngIRCd: IRC as it was, without tags, echo, accounts, SASL or history. An operator is `oper` with `oper-in-a-test`. */
export async function startNgircd(options: NgircdOptions): Promise<Ngircd> {
  const program = await ngircdProgram();
  const dir = resolve(options.dir);
  const port = options.port ?? (await freePort());
  await mkdir(dir, { recursive: true, mode: 0o700 });
  await writeFile(join(dir, 'ngircd.conf'), configuration(port, options));
  const server = await startServer({
    name: 'ngIRCd',
    command: program.path,
    args: ['--nodaemon', '--config', join(dir, 'ngircd.conf')],
    cwd: dir,
    env: program.env,
    logFile: join(dir, 'ngircd.log'),
    isReady: () => accepts(port),
  });
  const ngircd: Ngircd = withMore(server, { ports: { irc: port }, url: `irc://127.0.0.1:${port}` });
  return ngircd;
}

function configuration(port: number, { serverName = 'irc.ngircd.test', links = [], more = '' }: NgircdOptions): string {
  const identity = process.getuid?.() === 0 ? ['ServerUID=65534', 'ServerGID=65534'] : [];
  const linked = links.flatMap((link) => [
    '[Server]',
    `Name=${link.serverName}`,
    'Host=127.0.0.1',
    `Port=${link.port}`,
    'MyPassword=link-in-a-test',
    'PeerPassword=link-in-a-test',
    `Passive=${link.passive ? 'yes' : 'no'}`,
  ]);
  return [
    '[Global]',
    `Name=${serverName}`,
    'Info=ngIRCd in a test',
    'Listen=127.0.0.1',
    `Ports=${port}`,
    'AdminEMail=test@ngircd.test',
    'MotdPhrase=hi',
    ...identity,
    '[Limits]',
    'MaxNickLength=30',
    'MaxConnections=0',
    'MaxConnectionsIP=0',
    'MaxJoins=0',
    'MaxPenaltyTime=0',
    '[Options]',
    'PAM=no',
    'DNS=no',
    'Ident=no',
    '[Operator]',
    'Name=oper',
    'Password=oper-in-a-test',
    ...linked,
    more,
    '',
  ].join('\n');
}
