// Every example in the documentation of AB Tasty Flagship's SDK for JavaScript, with nothing but the import changed. An
// example that cannot run as it stands there is mended, and `mended` says how and why.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';

import * as sdk from 'burgee/flagship';
import { Recorder } from './support/flagship_recorder.mjs';
import { oneCampaign } from './support/flagship_vectors.mjs';
import { packageFolder } from './support/paths.mjs';
import { noRedis, startRedis } from './support/redis.mjs';

const { CacheStrategy, DecisionMode, Flagship, FSSdkStatus, LogLevel } = sdk;

/** What is replaced, by what, and why. */
const mended = [
  // This is TypeScript among JavaScript, and names a type that is not imported.
  ['const hits:Record<string, HitCacheDTO> = {}', 'const hits = {}'],
  // The server of the test is elsewhere.
  ["'127.0.0.1', '6379'", "'127.0.0.1', String(globalThis.redisPort)"],
];

/** What examples take from the text around them. */
const missing = {
  'const flag = visitor.getFlag': 'const visitor = globalThis.docs.visitor;',
  'visitor.sendHit(': 'const visitor = globalThis.docs.visitor;',
  'start(ENV_ID': 'const [ENV_ID, API_KEY] = ["env", "key"];',
  '//... import code': 'import { Flagship } from "@flagship.io/js-sdk";',
};

const document = readFileSync(join(packageFolder, 'test', 'vendor-docs', 'flagship-js.txt'), 'utf8');

/** The examples: from an import, or a comment in its place, to the next line that is no code. */
function examples() {
  const begins = /^import .* from "(?:@flagship\.io|https:\/\/deno)|^\/\/(?:\.\.\. import|other) code$/;
  const code = /^(?:$|\s|\}|\/\/|import |const |function |Flagship\.|visitor\.|console\.)/;
  const found = [];
  let current;
  for (const [at, line] of document.split('\n').entries()) {
    if (begins.test(line)) {
      found.push((current = { name: `line ${at + 1}`, text: '' }));
    } else if (!code.test(line)) {
      current = undefined;
    }
    if (current !== undefined) {
      current.text += `${line}\n`;
    }
  }
  return found;
}

let recorder;
let folder;
let printed = [];
const { log } = console;
const { start } = Flagship;

before(async () => {
  recorder = await Recorder.start();
  folder = mkdtempSync(join(tmpdir(), 'burgee-docs-'));
  // The example with Redis leaves its connection open, which would keep this process alive.
  writeFileSync(
    join(folder, 'redis.mjs'),
    `import Redis from ${quoted('ioredis')};
    export default class extends Redis {
      constructor(options) { super(options); globalThis.docs = { redis: this }; }
    };`,
  );
  console.log = (...args) => printed.push(args.join(' '));
  // The addresses are those of the test; everything else is the example's.
  Flagship.start = (envId, apiKey, config = {}) => start.call(Flagship, envId, apiKey, { ...recorder.urls, ...config });
  globalThis.localStorage = {
    items: {},
    getItem: (key) => localStorage.items[key] ?? null,
    setItem: (key, value) => (localStorage.items[key] = value),
    removeItem: (key) => delete localStorage.items[key],
  };
});
after(async () => {
  console.log = log;
  Flagship.start = start;
  delete globalThis.localStorage;
  await recorder.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Runs an example as a module of its own. names are what it exports. */
async function run({ name, text }, names = []) {
  let source = text;
  mended.forEach(([from, to]) => (source = source.replace(from, to)));
  for (const [sign, line] of Object.entries(missing)) {
    source = source.includes(sign) ? `${line}\n${source}` : source;
  }
  source = source
    .replace(
      /"(?:@flagship\.io\/js-sdk|https:\/\/deno\.land\/x\/flagship_io_js_sdk\/mod\.ts)"/g,
      quoted('burgee/flagship'),
    )
    .replace("'ioredis'", "'./redis.mjs'");
  const file = join(folder, `${name.replace(' ', '')}.mjs`);
  writeFileSync(file, `${source}\nexport { ${names.join(', ')} };`);
  return import(pathToFileURL(file));
}

const quoted = (specifier) => JSON.stringify(import.meta.resolve(specifier));

/** What the vendor gets of hits whose examples send something. */
const hits = {
  'HitType.PAGE,\n  documentLocation: "https://localhost"': {
    t: 'PAGEVIEW',
    dl: 'https://localhost',
    uip: '127.0.0.1',
    sr: '800X600',
    ul: 'fr',
    sn: '1234',
  },
  'https://www.my_domain_com/my_page': { t: 'PAGEVIEW', dl: 'https://www.my_domain_com/my_page' },
  'HitType.SCREEN': { t: 'SCREENVIEW', dl: 'home_screen' },
  'HitType.TRANSACTION': {
    t: 'TRANSACTION',
    tid: '#12345',
    ta: 'affiliation',
    tt: 19.99,
    tc: 'USD',
    tcc: 'code',
    icn: 1,
    sm: 'road',
    ts: 5,
    pm: 'credit_card',
    tr: 199.99,
  },
  'HitType.ITEM': { t: 'ITEM', tid: '#12345', in: 'product', ic: 'sku123', ip: 199.99, iq: 1, iv: 'test' },
  'action: "click"': { t: 'EVENT', ec: 'User Engagement', ea: 'click', el: 'label', ev: 100 },
};

async function makeVisitor() {
  await Flagship.start('env', 'key', {
    decisionMode: DecisionMode.BUCKETING_EDGE,
    initialBucketing: oneCampaign({ displayVipFeature: true }),
    logLevel: LogLevel.NONE,
  });
  const visitor = Flagship.newVisitor({ visitorId: 'visitor', hasConsented: true });
  await visitor.fetchFlags();
  await Flagship.close();
  recorder.requests = [];
  globalThis.docs = { visitor };
}

const sentHits = () => recorder.requests.filter(({ path }) => path === '/events').flatMap(({ body }) => body.h);

const checks = [
  [
    /fsInstance/,
    async (example) => {
      const { fsInstance } = await run(example, ['fsInstance']);
      assert.equal(fsInstance.getStatus(), FSSdkStatus.SDK_INITIALIZED);
      assert.equal((await fsInstance).getConfig().envId, '<ENV_ID>');
    },
  ],
  [
    /DecisionMode\.BUCKETING/,
    async (example) => {
      await run(example);
      await recorder.until('/cdn/%3CENV_ID%3E/bucketing.json');
      const { timeout, trackingManagerConfig } = Flagship.getConfig();
      assert.deepEqual([timeout, trackingManagerConfig.batchIntervals], [10, 100]);
    },
  ],
  [
    /customLog|onLog/,
    async (example) => {
      await run(example);
      Flagship.newVisitor({}); // which has not said anything about consent
      assert.ok(
        printed.some((line) => /^\[WARNING\] \[newVisitor\] : hasConsented/.test(line)),
        printed.join('\n'),
      );
    },
  ],
  [
    /start\(ENV_ID, API_KEY, \{\n    trackingManagerConfig/,
    async (example) => {
      await run(example);
      const { trackingManagerConfig } = Flagship.getConfig();
      assert.deepEqual(trackingManagerConfig, { cacheStrategy: 1, poolMaxSize: 10, batchIntervals: 100 });
    },
  ],
  [
    /LogLevel\.ERROR/,
    async (example) => {
      assert.equal(
        (await run(example.text.includes('Flagship }') ? example : needsFlagship(example), ['level'])).level,
        4,
      );
      assert.equal(Flagship.getConfig().logLevel, LogLevel.ERROR);
    },
  ],
  [/FSSdkStatus\./, async (example) => assert.equal((await run(example, ['status'])).status, 3)],
  [
    /DEVICE_LOCALE/,
    async (example) => {
      const { visitor } = await run(example, ['visitor']);
      const { age, isVip, sdk_deviceLanguage, sdk_osName } = visitor.context;
      assert.deepEqual([age, isVip, sdk_deviceLanguage, sdk_osName], [31, true, 'fr', 'Ubuntu']);
      assert.equal(visitor.hasConsented, false);
    },
  ],
  [
    /fetchFlags\(\)/,
    async (example) => {
      const { visitor } = await run(example, ['visitor']);
      await visitor.fetchFlags();
      assert.equal(visitor.getFlag('displayVipFeature').getValue(false, false), true);
    },
  ],
  [
    /displayVipFeature/,
    async (example) => {
      await makeVisitor();
      await run(example);
      assert.deepEqual(printed, ['flag value: true']);
      await Flagship.close();
      assert.equal(recorder.requests.filter(({ path }) => path.endsWith('/activate')).length, 1);
    },
  ],
  [/page = HitType/, async (example) => assert.equal((await run(example, ['page'])).page, 'PAGEVIEW')],
  [
    /visitor\.sendHit/,
    async (example) => {
      await makeVisitor();
      await run(example);
      await Flagship.close();
      const [, wanted] = Object.entries(hits).find(([sign]) => example.text.includes(sign)) ?? [];
      // The event for Deno has no action, which is required: nothing is sent.
      assert.equal(wanted === undefined, example.text.includes('EventCategory') && !example.text.includes('action:'));
      const found = sentHits().map(({ qt: _age, vid: _id, cuid: _user, ...rest }) => rest);
      assert.deepEqual(found, wanted === undefined ? [] : [wanted]);
    },
  ],
  // For browsers: localStorage is a stand-in.
  [
    /localStorage/,
    async (example) => {
      await run(example);
      Flagship.newVisitor({ visitorId: 'stored', hasConsented: true });
      const stored = () => Object.values(JSON.parse(localStorage.items.FS_DEFAULT_HIT_CACHE ?? '{}'));
      while (stored().length === 0) {
        await new Promise((resolve) => setImmediate(resolve));
      }
      assert.equal(stored()[0].data.content.action, 'fs_consent');
      await Flagship.close();
      while (stored().length > 0) {
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
  ],
  [
    /ioredis/,
    async (example, t) => {
      if (noRedis !== undefined) {
        t.skip(noRedis);
        return;
      }
      const { default: Redis } = await import('ioredis');
      const server = await startRedis();
      globalThis.redisPort = server.port;
      const redis = new Redis({ port: server.port, db: 2 });
      recorder.answer = ({ path }) => (path === '/events' ? { status: 500 } : undefined);
      await run(example);
      const config = Flagship.getConfig();
      assert.equal(config.trackingManagerConfig.cacheStrategy, CacheStrategy.PERIODIC_CACHING);
      Flagship.newVisitor({ visitorId: 'kept', hasConsented: true });
      void Flagship.close();
      let keys = [];
      while (keys.length === 0) {
        keys = await redis.keys('*');
      }
      assert.equal(JSON.parse(await redis.get(keys[0])).data.visitorId, 'kept');
      await Flagship.start('', '', { logLevel: LogLevel.NONE }); // which ends the other
      redis.disconnect();
      globalThis.docs.redis.disconnect();
      t.after(() => server.close());
    },
  ],
];

/** The example does not import what it uses. */
const needsFlagship = ({ name, text }) => ({ name, text: text.replace('{ LogLevel }', '{ LogLevel, Flagship }') });

const all = examples();

test('the document is complete', () => {
  assert.equal(all.length, 30);
  assert.equal(document.match(/@flagship\.io\/js-sdk"/g).length, all.filter(({ text }) => /"@flag/.test(text)).length);
});

test('every mending is needed', () => {
  for (const [from] of mended) {
    assert.equal(all.filter(({ text }) => text.includes(from)).length, 1, from);
  }
});

for (const example of all) {
  const [, check] = checks.find(([sign]) => sign.test(example.text)) ?? [];
  test(`${example.name}: ${example.text.trim().split('\n').at(-1)}`, { timeout: 30_000 }, async (t) => {
    printed = [];
    recorder.reset();
    const decision = oneCampaign({ displayVipFeature: true }).campaigns[0];
    const [{ id: variationGroupId, variations }] = decision.variationGroups;
    recorder.answer = ({ path }) => {
      if (path.includes('/bucketing.json')) {
        return { status: 200, body: oneCampaign({}) };
      }
      return path.includes('/campaigns')
        ? { status: 200, body: { campaigns: [{ ...decision, variationGroupId, variation: variations[0] }] } }
        : undefined;
    };
    await check(example, t);
  });
}
