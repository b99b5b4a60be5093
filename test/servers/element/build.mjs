/**
 * Builds Element's interface from the packages beside it into `web/`: one script, one stylesheet, pictures and strings.
 * Run in the folder that holds `node_modules`. Never shipped: the SDK is another project's work under another licence.
 */
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join, resolve } from 'node:path';
import esbuild from 'esbuild';
import postcss from 'postcss';
import easings from 'postcss-easings';
import hexrgba from 'postcss-hexrgba';
import imports from 'postcss-import';
import mixins from 'postcss-mixins';
import nested from 'postcss-nested';
import scss from 'postcss-scss';
import variables from 'postcss-simple-vars';

const require = createRequire(import.meta.url);
const modules = resolve('node_modules');
const sdk = join(modules, 'matrix-react-sdk');
const out = resolve('web');

rmSync(out, { recursive: true, force: true });
for (const folder of ['i18n', 's']) mkdirSync(join(out, folder), { recursive: true });

copyFileSync(join(sdk, 'src/i18n/strings/en_EN.json'), join(out, 'i18n/en_EN.json'));
writeFileSync(join(out, 'i18n/languages.json'), JSON.stringify({ en: 'en_EN.json' }));

const asFiles = Object.fromEntries(
  ['.png', '.wasm', '.woff2', '.woff', '.ttf', '.ogg', '.mp3', '.gif', '.webp'].map((ending) => [ending, 'file']),
);
const common = {
  bundle: true,
  format: 'iife',
  platform: 'browser',
  publicPath: '/',
  assetNames: 'a/[name]-[hash]',
  logLevel: 'error',
  loader: asFiles,
  define: {
    'process.env.NODE_ENV': '"production"',
    'process.env.VERSION': '"0"',
    global: 'window',
    'import.meta.url': 'location.href',
  },
};

await buildTheme();
for (const worker of ['indexeddb', 'blurhash', 'playback'])
  await esbuild.build({
    ...common,
    entryPoints: [join(sdk, 'src/workers', `${worker}.worker.ts`)],
    outfile: join(out, `${worker}.worker.js`),
  });
writeFileSync('buffer-shim.mjs', "export { Buffer } from 'buffer';");
await esbuild.build({
  ...common,
  entryPoints: ['shell.jsx'],
  outfile: join(out, 'bundle.js'),
  inject: ['buffer-shim.mjs'],
  plugins: [{ name: 'element-shell', setup: elementShell }],
  banner: {
    js: "window.global=window;window.process={env:{NODE_ENV:'production'},nextTick:f=>setTimeout(f,0),browser:true};",
  },
});
writeFileSync(
  join(out, 'index.html'),
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="theme-color" content="#fff">
<link rel="stylesheet" data-mx-theme="light" title="light" href="/theme-light.css"></head>
<body style="margin:0"><section id="matrixchat" style="height:100vh"></section><script src="/bundle.js"></script></body></html>`,
);

/** PostCSS sources become plain CSS beside the original, then one file, so that what `url()` names is copied. */
async function buildTheme() {
  const source = join(sdk, 'res/themes/light/css/light.pcss');
  const plain = source.replace('light.pcss', '__plain.css');
  const find = (id, base) => {
    const near = resolve(base, id);
    return existsSync(near) ? near : join(modules, id);
  };
  const steps = [imports({ resolve: find }), mixins(), variables({ silent: true }), nested(), easings(), hexrgba()];
  const { css } = await postcss(steps).process(readFileSync(source, 'utf8'), {
    from: source,
    to: plain,
    parser: scss,
    map: false,
  });
  writeFileSync(plain, css);
  await esbuild.build({
    ...common,
    entryPoints: [plain],
    outfile: join(out, 'theme-light.css'),
    loader: { ...asFiles, '.svg': 'file' },
  });
}

/** What Element's own build does for the SDK: names that only exist there, files that are components. */
function elementShell(build) {
  const fromSdk = ({ importer }) => /matrix-react-sdk[\\/]lib/.test(importer);
  const script = (contents) => ({ contents, loader: 'js', resolveDir: process.cwd() });
  build.onResolve({ filter: /^\$webapp|^!!raw-loader!|^opus-recorder/ }, ({ path }) => ({ path, namespace: 'stub' }));
  build.onResolve({ filter: /^(fs|path|crypto|stream)$/ }, ({ path }) => ({ path, namespace: 'stub' }));
  build.onLoad({ filter: /.*/, namespace: 'stub' }, ({ path }) =>
    script(path.startsWith('$webapp') ? 'module.exports="i18n/languages.json"' : 'module.exports=""'),
  );
  build.onResolve({ filter: /^\..*\.tsx?$/ }, (args) =>
    fromSdk(args) ? { path: resolve(args.resolveDir, args.path).replace(/\.tsx?$/, '.js') } : undefined,
  );
  build.onResolve({ filter: /^\.\.\/.*\/src\// }, (args) => {
    if (!fromSdk(args)) return undefined;
    const path = resolve(args.resolveDir, args.path).replace('matrix-react-sdk/src/', 'matrix-react-sdk/lib/');
    return { path: `${path}.js` };
  });
  build.onResolve({ filter: /^(util|buffer|events)$/ }, ({ path }) => ({ path: require.resolve(`${path}/`) }));
  build.onLoad({ filter: /\w+WorkerFactory\.js$/ }, ({ path }) => {
    const worker = basename(path).replace('WorkerFactory.js', '');
    return script(`exports.__esModule=true; exports.default=o=>new Worker("/${worker}.worker.js",o)`);
  });
  build.onLoad({ filter: /recorderWorkletFactory\.js$/ }, () =>
    script('exports.__esModule=true; exports.default=async()=>{}'),
  );
  build.onLoad({ filter: /\.svg$/ }, ({ path }) => script(svgModule(path)));
}

/** A picture is two things to the SDK: its address, and a component named Icon. */
function svgModule(path) {
  const name = `${basename(path, '.svg')}-${Buffer.from(path).toString('hex').slice(-12)}.svg`;
  copyFileSync(path, join(out, 's', name));
  const [, head, body] = /<svg([^>]*)>([\s\S]*)<\/svg>/.exec(readFileSync(path, 'utf8')) ?? ['', '', ''];
  const attributes = {};
  for (const [, key, value] of head.matchAll(/([\w:-]+)="([^"]*)"/g)) {
    if (key === 'style') continue;
    const property = key === 'class' ? 'className' : key.replace(/[-:](\w)/g, (_, letter) => letter.toUpperCase());
    attributes[property] = value;
  }
  return `const R=require("react");exports.__esModule=true;exports.default="/s/${name}";
exports.Icon=exports.ReactComponent=R.forwardRef((props,ref)=>R.createElement("svg",{...${JSON.stringify(attributes)},...props,ref,dangerouslySetInnerHTML:{__html:${JSON.stringify(body)}}}))`;
}
