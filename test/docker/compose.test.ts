import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { fillTemplate, setup, wrongSettings } from '../../docker/setup.ts';
import { decodeMembers } from '../../src/authority/file/decode-members.ts';
import { env as written } from '../../src/config/doc.ts';
import { formatProblems, loadConfig } from '../../src/config/load.ts';
import { inFolder } from '../config/fixture.ts';

/** What a machine without Docker can say about docker/. docs/docker.md names what it cannot. */

const root = fileURLToPath(new URL('../..', import.meta.url));
const docker = join(root, 'docker');
const read = (name: string): Promise<string> => readFile(join(docker, name), 'utf8');

type Service = {
  readonly image?: string;
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly environment?: Readonly<Record<string, string>>;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: { readonly test?: readonly string[] };
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly configs?: readonly { readonly source: string; readonly target: string }[];
};
type Compose = {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
  readonly configs: Readonly<Record<string, { readonly content: string }>>;
};

const composeText = await read('compose.yaml');
const compose: Compose = parse(composeText, { merge: true });
const services = Object.entries(compose.services);
/** The sample, with the secrets filled in as its reader would. */
const sample = new Map(
  [...(await read('.env.sample')).matchAll(/^([A-Z_]+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]),
);
const secrets = ['POSTGRES_PASSWORD', 'REGISTRATION_SHARED_SECRET', 'ERGO_JWT_KEY'];
const env = Object.fromEntries(
  [...sample].map(([name, value], i) => [name, secrets.includes(name) ? String(i).repeat(64).slice(0, 64) : value]),
);

/** Compose's own substitution: `${NAME}`, `${NAME:-default}`, `${NAME:?message}`. */
const interpolate = (text: string): string =>
  text.replace(/\$\{([A-Z_]+)(?::([-?])([^}]*))?\}/g, (_whole, name: string, kind: string | undefined, rest = '') => {
    const value = env[name];
    if (value !== undefined && value !== '') return value;
    assert.equal(kind, '-', `${name} has no value and no default`);
    return rest;
  });

describe('compose.yaml', () => {
  test('has the services of a shard', () =>
    assert.deepEqual(Object.keys(compose.services), [
      'setup',
      'keys',
      'postgres',
      'dendrite',
      'ergo',
      'element',
      'causeway',
    ]));

  test('builds from files that are there', () => {
    for (const [name, { build }] of services) {
      if (build === undefined) continue;
      const context = resolve(docker, build.context);
      assert.equal(context, resolve(root), name);
      assert.ok(existsSync(join(context, build.dockerfile)), `${name}: ${build.dockerfile}`);
    }
  });

  test('pins every image that it does not build', () => {
    for (const [name, { image }] of services) assert.match(image ?? '', /^(causeway|[^:]+:v?\d[\w.-]*)$/, name);
  });

  test('mounts only files and volumes that are there, and no volume that nobody mounts', () => {
    const mounted = new Set<string>();
    for (const [name, { volumes = [] }] of services) {
      for (const mount of volumes) {
        const [source = '', target = ''] = mount.split(':');
        assert.match(target, /^\//, `${name}: ${mount}`);
        if (source.startsWith('.')) assert.ok(existsSync(join(docker, source)), `${name}: ${source}`);
        else mounted.add(source);
      }
    }
    assert.deepEqual([...mounted].sort(), Object.keys(compose.volumes).sort());
  });

  test('waits for what can be waited for', () => {
    for (const [name, { depends_on = {} }] of services) {
      for (const [other, { condition }] of Object.entries(depends_on)) {
        const service = compose.services[other];
        assert.ok(service !== undefined, `${name} waits for ${other}`);
        if (condition === 'service_healthy')
          assert.ok(service.healthcheck?.test !== undefined, `${other} has no health check`);
        else assert.equal(condition, 'service_completed_successfully');
      }
    }
  });

  test('opens each port once, on the address of .env', () => {
    const ports = services.flatMap(([, { ports = [] }]) => ports.map(interpolate));
    assert.deepEqual(ports, [
      '127.0.0.1:8008:8008',
      '127.0.0.1:6667:6667',
      '127.0.0.1:6697:6697',
      '127.0.0.1:8080:80',
      '127.0.0.1:9010:9010',
    ]);
  });

  test('uses each variable of .env.sample, and no other', () => {
    const used = [...composeText.matchAll(/\$\{([A-Z_]+)/g)].map(([, name]) => name);
    assert.deepEqual([...new Set(used)].sort(), [...sample.keys()].sort());
  });

  test('asks for the secrets, which the sample leaves empty', () => {
    for (const name of secrets) {
      assert.equal(sample.get(name), '', name);
      for (const [, kind] of composeText.matchAll(new RegExp(`\\$\\{${name}(:.)`, 'g'))) assert.equal(kind, ':?', name);
    }
  });

  test('gives Element a configuration in JSON with our homeserver', () => {
    assert.deepEqual(compose.services.element?.configs, [{ source: 'element', target: '/app/config.json' }]);
    const config = JSON.parse(interpolate(compose.configs.element?.content ?? ''));
    assert.deepEqual(config.default_server_config, {
      'm.homeserver': { base_url: 'http://localhost:8008', server_name: 'localhost' },
    });
  });
});

/** The causeway container's files, in a folder of ours; what it has made is in `made`. */
const inContainer = <T>(
  use: (folder: string, said: string[], code: number) => Promise<T>,
  settings = env,
): Promise<T> =>
  inFolder(async (folder) => {
    const config = join(folder, 'config.yaml');
    await writeFile(config, (await read('causeway/config.yaml')).replace('/made/', `${folder}/`));
    const said: string[] = [];
    const paths = { config, template: join(docker, 'dendrite/dendrite.yaml'), dendrite: join(folder, 'dendrite.yaml') };
    return use(folder, said, await setup(paths, settings, (line) => said.push(line.replaceAll(folder, '/made'))));
  });

describe('setup', () => {
  test('makes a registration and a configuration with which Causeway’s own loader has nothing to complain of', () =>
    inContainer(async (folder, said, code) => {
      assert.deepEqual(
        { code, said },
        { code: 0, said: ['Made /made/registration.yaml.', 'Made /made/dendrite.yaml.'] },
      );
      const { SERVER_NAME, COOPERATIVE_NAME, POSTGRES_PASSWORD, ERGO_JWT_KEY } =
        compose.services.causeway?.environment ?? {};
      const given = { SERVER_NAME, COOPERATIVE_NAME, POSTGRES_PASSWORD, ERGO_JWT_KEY };
      const container = Object.fromEntries(
        Object.entries(given).map(([name, value]) => [name, interpolate(value ?? '')]),
      );
      const loaded = await loadConfig(join(folder, 'config.yaml'), { env: container });
      assert.ok(loaded.ok, loaded.ok ? '' : formatProblems(loaded.problems));
      assert.equal(loaded.config.homeserver.url, 'http://dendrite:8008');
      assert.equal(loaded.config.networks[0]?.server.host, 'ergo');
      assert.equal(loaded.config.networks[0]?.puppets.sasl?.key, env.ERGO_JWT_KEY);
      assert.equal(new URL(loaded.config.database).hostname, 'postgres');
    }));

  test('keeps the registration at the next start, and refuses another server name', () =>
    inContainer(async (folder) => {
      const registration = await readFile(join(folder, 'registration.yaml'), 'utf8');
      const again = async (settings: typeof env): Promise<{ code: number; said: string }> => {
        const said: string[] = [];
        const paths = {
          config: join(folder, 'config.yaml'),
          template: join(docker, 'dendrite/dendrite.yaml'),
          dendrite: join(folder, 'dendrite.yaml'),
        };
        return { code: await setup(paths, settings, (line) => said.push(line)), said: said.join('\n') };
      };
      assert.equal((await again(env)).code, 0);
      const other = await again({ ...env, SERVER_NAME: 'oak.example' });
      assert.equal(other.code, 2);
      assert.match(other.said, /namespaces\.users does not hold @_causeway_…:oak\.example/);
      assert.equal(await readFile(join(folder, 'registration.yaml'), 'utf8'), registration);
    }));

  test('refuses secrets that are short or would have to be escaped', () => {
    assert.deepEqual(wrongSettings(env), []);
    assert.deepEqual(wrongSettings({ ...env, POSTGRES_PASSWORD: 'p@ss/word: 1234567', ERGO_JWT_KEY: 'short' }), [
      'POSTGRES_PASSWORD in .env may hold letters, digits, - and _ only: openssl rand -hex 32',
      'ERGO_JWT_KEY in .env is too short: openssl rand -hex 32',
    ]);
  });

  test('fills Dendrite’s template in, and Dendrite finds what it needs in it', () =>
    inContainer(async (folder) => {
      const dendrite = parse(await readFile(join(folder, 'dendrite.yaml'), 'utf8'));
      assert.equal(dendrite.version, 2);
      assert.equal(dendrite.global.server_name, 'localhost');
      assert.equal(dendrite.global.private_key, 'matrix_key.pem');
      assert.equal(dendrite.global.jetstream.in_memory, undefined);
      assert.equal(new URL(dendrite.global.database.connection_string).pathname, '/dendrite');
      assert.equal(new URL(dendrite.global.database.connection_string).password, env.POSTGRES_PASSWORD);
      assert.deepEqual(dendrite.app_service_api.config_files, ['registration.yaml']);
      assert.deepEqual(dendrite.client_api, {
        registration_disabled: true,
        registration_shared_secret: env.REGISTRATION_SHARED_SECRET,
        rate_limiting: { enabled: true, threshold: 20, cooloff_ms: 500 },
      });
    }));

  test('lets no setting break out of its place in the template', () => {
    const filled = fillTemplate(`a: "${written('NAME')}"\nb: 1\n`, { NAME: 'x"\nb: 2 #' });
    assert.deepEqual(parse(filled), { a: 'x"\nb: 2 #', b: 1 });
    assert.throws(() => fillTemplate(`a: "${written('NAME')}"`, {}), /NAME is not set/);
  });
});

describe('the files that belong together', () => {
  test('Ergo listens where Causeway connects, and has what its start needs', async () => {
    const ergo = parse(await read('ergo/ircd.yaml'));
    assert.deepEqual(Object.keys(ergo.server.listeners), [':6667', ':6697']);
    for (const part of [
      'network',
      'server',
      'accounts',
      'channels',
      'oper-classes',
      'opers',
      'logging',
      'datastore',
      'limits',
      'fakelag',
      'history',
    ]) {
      assert.ok(ergo[part] !== undefined, part);
    }
    assert.equal(ergo['allow-environment-overrides'], true);
    assert.equal(ergo.accounts['jwt-auth'].enabled, true);
    const tokens = compose.services.ergo?.environment?.ERGO__ACCOUNTS__JWT_AUTH__TOKENS ?? '';
    assert.deepEqual(JSON.parse(interpolate(tokens)), [
      { algorithm: 'hmac', key: env.ERGO_JWT_KEY, 'account-claims': ['sub'] },
    ]);
  });

  test('Postgres has the database that Causeway asks for', async () => {
    assert.match(await read('postgres/databases.sql'), /^CREATE DATABASE causeway;$/m);
    assert.match(await read('causeway/config.yaml'), /@postgres:5432\/causeway$/m);
    assert.equal(compose.services.postgres?.environment?.POSTGRES_DB, 'dendrite');
  });

  test('the list of members and the audit log are where Causeway is told, and the list can be read', async () => {
    const { authority } = parse(await read('causeway/config.yaml'));
    const mounts = (compose.services.causeway?.volumes ?? []).map((mount) => mount.split(':'));
    const mountOf = (path: string) => mounts.find(([, target = '']) => path.startsWith(`${target}/`)) ?? [];
    const [folder = '', target = '', mode] = mountOf(authority.path);
    assert.deepEqual([mode, mountOf(authority.audit)], ['ro', ['data', '/data']]);
    const list = await read(join(folder, authority.path.slice(target.length)));
    const words = { statuses: {}, roles: {} };
    assert.deepEqual(decodeMembers(parse(list), 'localhost', words), {
      members: [],
      agreements: [],
      problems: [],
      notes: [],
    });
    const asTold = list.slice(list.indexOf('# members:'), list.indexOf('\nmembers:')).replace(/^# ?/gm, '');
    assert.equal(decodeMembers(parse(asTold), 'localhost', words).members.length, 1);
  });

  test('the Dockerfile copies what is there and not kept from the builder, and runs as an ordinary user', async () => {
    const dockerfile = await read('Dockerfile');
    const kept = (await read('Dockerfile.dockerignore'))
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1));
    const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, names = '']) =>
      names.split(' '),
    );
    assert.deepEqual(copied, ['package.json', 'package-lock.json', 'package.json', 'src', 'docker/setup.ts']);
    for (const name of copied) {
      assert.ok(existsSync(join(root, name)), name);
      assert.ok(kept.includes(name), `${name} does not reach the builder`);
    }
    assert.match(dockerfile, /^USER node$/m);
    assert.match(dockerfile, /^HEALTHCHECK /m);
    for (const [, version] of dockerfile.matchAll(/^FROM node:(\d+)/gm)) assert.equal(version, '24');
  });
});
