import { createHash, randomBytes, randomInt } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { flushCompileCache } from 'node:module';
import { type Bridge, makeBridge } from './app/bridge.ts';
import type { Kit } from './app/kit.ts';
import { Gathered } from './app/timing/gathered.ts';
import { systemClock } from './clock.ts';
import { commandToken } from './config/command-token.ts';
import { diffConfigs } from './config/diff.ts';
import { parseListen } from './config/listen.ts';
import { formatProblems, type LoadedConfig, loadConfig } from './config/load.ts';
import type { Registration } from './config/registration/registration.ts';
import type { Config } from './config/schema.ts';
import { secretsIn } from './config/secrets.ts';
import { ok, type Result } from './core/errors.ts';
import { BOT_LOCALPART, type NetworkId } from './core/ids.ts';
import { openDatabase } from './db/open-database.ts';
import { stores } from './db/stores/stores.ts';
import { openDeciding, openEvents } from './deciding.ts';
import { makeFailpoint } from './failpoints.ts';
import { makeFileFetcher } from './http/fetch/file-fetcher.ts';
import { type HttpServer, listen, PUBLIC } from './http/http-server.ts';
import { makeOperationsApp } from './http/operations-app.ts';
import { makePublicApp } from './http/public-app.ts';
import { type IrcNetwork, makeIrcNetwork } from './irc/network.ts';
import { makeLog, type RootLog } from './log/winston-log.ts';
import { makeCompanionSync } from './matrix/companion-sync.ts';
import { makeHomeserver } from './matrix/homeserver.ts';
import { makeListener } from './matrix/listener.ts';
import { watchLoop } from './metrics/loop-delay.ts';
import { measuredDb } from './metrics/measured-db.ts';
import { measuredHomeserver } from './metrics/measured-homeserver.ts';
import { makePrometheus, type Prometheus } from './metrics/prometheus.ts';
import { makeReportGauges } from './metrics/report-gauges.ts';
import { packageVersion } from './package-version.ts';
import { heedSignals, holdHangups } from './signals.ts';

/** Exit codes: 0 stopped as asked, 1 failed, 2 something has to be put right first. */
export type ExitCode = 0 | 1 | 2;

/**
 * Runs the bridge on a configuration until SIGTERM or SIGINT. The composition root: the one place that knows every
 * adapter.
 */
export async function run(configPath: string): Promise<ExitCode> {
  const loaded = await loadConfig(configPath);
  if (!loaded.ok) {
    process.stderr.write(`${formatProblems(loaded.problems)}\n`);
    return 2;
  }
  const { config, registration } = loaded;
  const prometheus = makePrometheus(packageVersion());
  const log = makeLog({
    level: config.log.level,
    format: config.log.format,
    secrets: secretsOf(config, registration),
    onRecord: (level) => {
      if (level === 'error' || level === 'warn') prometheus.metrics.logRecords.add({ level });
    },
  });
  for (const warning of loaded.warnings)
    log.warn(`${warning.text} ${warning.remedy}`, { file: warning.file, line: warning.line });
  try {
    return await new Process(configPath, { config, registration, log, prometheus }).run();
  } finally {
    await log.close();
  }
}

/** One run of the program: what was opened, and how it is closed again. */
class Process {
  readonly #configPath: string;
  #config: Config;
  readonly #registration: Registration;
  readonly #log: RootLog;
  readonly #prometheus: Prometheus;
  readonly #stopped = Promise.withResolvers<string>();
  readonly #hangups = holdHangups();
  #stopping = false;

  constructor(
    configPath: string,
    parts: { config: Config; registration: Registration; log: RootLog; prometheus: Prometheus },
  ) {
    this.#configPath = configPath;
    this.#config = parts.config;
    this.#registration = parts.registration;
    this.#log = parts.log;
    this.#prometheus = parts.prometheus;
  }

  async run(): Promise<ExitCode> {
    const log = this.#log;
    const config = this.#config;
    const version = packageVersion();
    const failpoint = makeFailpoint(process.env.CAUSEWAY_FAILPOINT);
    const prometheus = this.#prometheus;
    const { metrics } = prometheus;
    const notes = [
      ...(config.authority.source === 'none'
        ? ['authority.source is none: everybody on the homeserver and on the networks is let in.']
        : []),
      ...(config.http.publicUrl === undefined
        ? [
            'http.publicUrl is not set: people on the networks are told of pictures and files, and get no links to them.',
          ]
        : []),
    ];
    const database = await openDatabase(config.database, { log, clock: systemClock, failpoint });
    if (!database.ok) return this.#refuse(database.error.text);
    const homeserver = makeHomeserver({
      url: config.homeserver.url,
      serverName: config.homeserver.serverName,
      asToken: this.#registration.asToken,
      botLocalpart: BOT_LOCALPART,
      log,
      clock: systemClock,
      failpoint,
    });
    const networks = new Map<NetworkId, IrcNetwork>();
    for (const network of config.networks)
      networks.set(
        network.id as NetworkId,
        makeIrcNetwork({
          config: network,
          clock: systemClock,
          log: log.with({ network: network.id }),
          failpoint,
        }),
      );
    prometheus.announce([...networks.keys()]);
    const kit: Kit = {
      db: measuredDb(database.value, metrics),
      stores,
      homeserver: measuredHomeserver(homeserver, metrics),
      networks,
      clock: systemClock,
      log,
      metrics,
      failpoint,
      ...(config.media.fetch && { fetcher: makeFileFetcher({ allowed: config.media.fetchFrom }) }),
      logLines: () => this.#config.log.lines,
      digest: (text) => createHash('sha256').update(text).digest('hex'),
      code: () =>
        Array.from({ length: CODE_LENGTH }, () => CODE_LETTERS.charAt(randomInt(CODE_LETTERS.length))).join(''),
      unguessable: () => randomBytes(16).toString('base64url'),
    };
    const deciding = await openDeciding(config, kit);
    if (!deciding.ok) {
      await database.value.close();
      return this.#refuse(deciding.error.text);
    }
    const bridge = await makeBridge({ kit, config, version, pid: process.pid, notes, ...deciding.value });
    prometheus.beforeScrape(makeReportGauges(metrics, bridge.status));
    const sources = this.#sources(kit, bridge);
    const heard = await sources.listener.listen();
    const loop = watchLoop(metrics);
    const events = openEvents(config, kit, bridge.deciding.events);
    const app = makeOperationsApp({
      status: bridge.status,
      metrics: prometheus,
      log,
      lateMs: () => loop.lateMs(),
      stopping: () => this.#stopping,
      commands: { source: bridge.commands, token: commandToken(this.#registration.asToken) },
      ...(deciding.value.authority?.description.supports.has('agreements') === true ? { visit: bridge.deciding } : {}),
      ...(deciding.value.scim === undefined ? {} : { scim: deciding.value.scim }),
      ...(events === undefined ? {} : { events }),
    });
    const operations = heard.ok ? await listen(app, parseListen(config.http.listen) ?? NOWHERE) : heard;
    const pages = operations.ok ? await openToPublic(config, makePublicApp({ pages: bridge.pages, log })) : operations;
    if (!heard.ok || !operations.ok || !pages.ok) {
      if (operations.ok) await operations.value.close();
      if (heard.ok) await sources.listener.close();
      await database.value.close();
      return this.#refuse(pages.ok ? '' : pages.error.text);
    }
    bridge.start();
    sources.sync.start();
    this.#heedSignals(bridge, networks);
    log.info('Causeway is running', {
      version,
      appservice: config.appservice.listen,
      status: `http://${config.http.listen}/status`,
    });

    // A process that is killed would never write what it compiled; and the first lines come first.
    systemClock.after(3_000, flushCompileCache);
    const why = await this.#stopped.promise;
    log.info('Causeway is stopping; lines under way reach their end first', { why });
    await Promise.all([sources.listener.close(), sources.sync.close()]);
    await bridge.stop();
    await Promise.all([operations.value.close(), pages.value?.close()]);
    loop.stop();
    await deciding.value.audit?.close();
    await database.value.close();
    log.info('Causeway has stopped');
    return 0;
  }

  #sources(kit: Kit, bridge: Bridge) {
    const { appservice, homeserver } = this.#config;
    const { clock, log, metrics, failpoint } = kit;
    return {
      listener: makeListener({
        listen: parseListen(appservice.listen) ?? NOWHERE,
        hsToken: this.#registration.hsToken,
        queryToken: appservice.queryToken,
        sink: bridge.gate,
        log,
        failpoint,
        observe: {
          transaction: () => metrics.transactions.add({ outcome: 'stored' }),
          refused: () => metrics.transactions.add({ outcome: 'failed' }),
          unauthorized: () => metrics.transactions.add({ outcome: 'refused' }),
        },
      }),
      sync: makeCompanionSync({
        url: homeserver.url,
        token: this.#registration.asToken,
        botId: kit.homeserver.botId,
        sink: bridge.gate,
        log,
        clock,
        getCursor: () => kit.db.transaction((sql) => kit.stores.cursor.get(sql, 'sync')),
        lastPushMs: () => bridge.gate.lastPushMs,
        ephemera: bridge.ephemera,
      }),
    };
  }

  #heedSignals(bridge: Bridge, networks: ReadonlyMap<NetworkId, IrcNetwork>): void {
    // One after the other: of two that come together the one that read last is the newer.
    const reloads = new Gathered(
      systemClock,
      this.#log,
      () => this.#reload(bridge, networks),
      () => 0,
    );
    heedSignals({
      clock: systemClock,
      log: this.#log,
      stop: (why) => {
        this.#stopping = true;
        this.#stopped.resolve(why);
      },
      reload: () => reloads.ask(),
      hangups: this.#hangups,
    });
  }

  async #reload(bridge: Bridge, networks: ReadonlyMap<NetworkId, IrcNetwork>): Promise<void> {
    const loaded: LoadedConfig = await loadConfig(this.#configPath);
    const { metrics } = this.#prometheus;
    metrics.reloads.add({ outcome: loaded.ok ? 'applied' : 'refused' });
    if (!loaded.ok) {
      this.#log.error(
        `The configuration was not applied; everything goes on as before.\n${formatProblems(loaded.problems)}`,
      );
      return;
    }
    const changes = diffConfigs(this.#config, loaded.config);
    this.#config = loaded.config;
    metrics.lastReload.set(systemClock.nowMs() / 1000);
    for (const secret of secretsOf(loaded.config, loaded.registration)) this.#log.hide(secret);
    this.#log.setLevel(loaded.config.log.level);
    for (const network of loaded.config.networks) networks.get(network.id as NetworkId)?.reconfigure(network);
    bridge.reload(loaded.config);
    this.#log.info('The configuration was read again', { applied: changes.reload.join(', ') || 'nothing new' });
    if (changes.restart.length > 0)
      this.#log.warn('Some changes wait for the next start', { keys: changes.restart.join(', ') });
  }

  #refuse(text: string): ExitCode {
    this.#log.error(text);
    return 2;
  }
}

/** Without letters and digits that are mistaken for each other. */
const CODE_LETTERS = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789';
const CODE_LENGTH = 8;
const NOWHERE = { host: '127.0.0.1', port: 0 };

/** Only where somebody outside can come in. */
const openToPublic = async (config: Config, app: RequestListener): Promise<Result<HttpServer | undefined>> =>
  config.http.publicUrl === undefined
    ? ok(undefined)
    : listen(app, parseListen(config.http.publicListen) ?? NOWHERE, PUBLIC);

/** Everything in the configuration that must never be logged. */
const secretsOf = (config: Config, { asToken, hsToken }: Registration): string[] => [
  asToken,
  hsToken,
  ...secretsIn(config),
];
