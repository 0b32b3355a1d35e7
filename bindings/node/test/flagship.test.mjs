// burgee/flagship without a server: what programs see, and what they may do wrong.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';

import Default, * as sdk from 'burgee/flagship';
import { campaign, environment } from './support/flagship_server.mjs';
import { packageFolder } from './support/paths.mjs';

const { DecisionApiConfig, DecisionMode, Flagship, FSFlagCollection, FSSdkStatus, HitType, LogLevel, Visitor } = sdk;
const require = createRequire(import.meta.url);

const longText = 'é'.repeat(3000);
const file = environment(
  campaign('text', 'hello'),
  campaign('long', longText),
  campaign('number', 12.5),
  campaign('on', true),
  campaign('list', [1, { a: 2 }]),
  campaign('object', { color: 'red' }),
  campaign('nothing', null),
  campaign('k'.repeat(1000), 'of a long key'),
);

let logs = [];
const messages = (level) => logs.filter((entry) => entry[0] === level).map(([, tag, message]) => `${tag}: ${message}`);

/** Starts with a file at hand. */
const start = (options = {}) =>
  Flagship.start('env', 'key', {
    decisionMode: DecisionMode.BUCKETING_EDGE,
    initialBucketing: file,
    disableEvents: true,
    onLog: (...entry) => logs.push(entry),
    ...options,
  });

async function person(params = {}) {
  const visitor = Flagship.newVisitor({ visitorId: 'v', hasConsented: true, ...params });
  await visitor.fetchFlags();
  return visitor;
}

beforeEach(() => (logs = []));

describe('the module', () => {
  test('has the names of the vendor, for CommonJS as for ESM', () => {
    const common = require('burgee/flagship');
    const names = Object.keys(sdk);
    assert.deepEqual(
      Object.keys(common)
        .filter((name) => name !== '__esModule')
        .sort(),
      [...names].sort(),
    );
    names.forEach((name) => assert.equal(common[name], sdk[name]));
    assert.equal(Default, Flagship);
    assert.equal(LogLevel[4], 'ERROR');
    assert.equal(FSSdkStatus[3], 'SDK_INITIALIZED');
    assert.equal(HitType.PAGE, 'PAGEVIEW');
    assert.equal(sdk.FSFetchReasons.FLAGS_NEVER_FETCHED, sdk.FSFetchReasons.VISITOR_CREATED);
    assert.equal(sdk.FLAGSHIP_CONTEXT[sdk.LOCATION_LAT], 'number');
  });

  test('has every export of the vendor that is not of a browser', () => {
    const vendors = Object.keys(require('@flagship.io/js-sdk'));
    const missing = vendors.filter((name) => !(name in sdk) && name !== '__esModule');
    assert.deepEqual(missing, ['ABTastyWebSDKPostMessageType']);
  });

  test('works when the modules are loaded anew and the addon is not, as test runners do', async () => {
    const fresh = () => {
      for (const path of Object.keys(require.cache)) {
        if (path.startsWith(join(packageFolder, 'dist'))) {
          delete require.cache[path];
        }
      }
      return require('burgee/flagship');
    };
    const kept = { ...require.cache };
    await start();
    const before = await person();
    const other = fresh();
    const { open } = require('burgee');
    Object.assign(require.cache, kept);
    assert.notEqual(other.Flagship, Flagship);
    const client = await open({ backend: 'flagship', document: file });
    const after = other.Flagship.newVisitor({ visitorId: 'x', hasConsented: true });
    await after.fetchFlags();
    for (let i = 0; i < 3; i++) {
      assert.equal(before.getFlag('text').getValue(''), 'hello');
      assert.equal(client.string('text', '', { targetingKey: 'v' }), 'hello');
      assert.equal(client.string('text', '', { targetingKey: 'v'.repeat(1000) }), 'hello');
      assert.equal(after.getFlag('number').getValue(0), 12.5);
    }
    await client.close();
  });

  test('is one SDK for all copies of the package', async (t) => {
    const copy = mkdtempSync(join(tmpdir(), 'burgee-copy-'));
    t.after(() => rmSync(copy, { recursive: true, force: true }));
    cpSync(join(packageFolder, 'dist'), join(copy, 'dist'), { recursive: true });
    cpSync(join(packageFolder, 'build'), join(copy, 'build'), { recursive: true });
    const other = require(join(copy, 'dist', 'flagship'));
    assert.notEqual(other.Flagship, Flagship);
    await start();
    assert.equal(other.Flagship.getStatus(), FSSdkStatus.SDK_INITIALIZED);
    const visitor = other.Flagship.newVisitor({ visitorId: 'x', hasConsented: true, shouldSaveInstance: true });
    await visitor.fetchFlags();
    assert.equal(visitor.getFlag('text').getValue(''), 'hello');
    assert.equal(Flagship.getVisitor(), visitor);
  });
});

describe('start', () => {
  test('gives what can be used at once and awaited', async () => {
    const flagship = start();
    assert.equal(flagship.getStatus(), FSSdkStatus.SDK_INITIALIZED);
    assert.equal(flagship.newVisitor({ visitorId: 'at once', hasConsented: true }).visitorId, 'at once');
    assert.ok(flagship instanceof Flagship);
    const awaited = await flagship;
    assert.equal(awaited.then, undefined);
    assert.ok(awaited instanceof Flagship);
    assert.equal(await flagship.then(({ getConfig }) => typeof getConfig), 'function');
    assert.equal(await flagship.catch(() => 'never').finally(() => undefined), awaited);
    assert.equal(await (async () => start())(), awaited);
    assert.equal(awaited.getVisitor(), undefined);
    await awaited.close();
  });

  test('tells its configuration, with defaults for what makes no sense', async () => {
    const { getConfig } = await start({ timeout: -1, fetchNow: 'yes', logLevel: 77, pollingInterval: NaN, unknown: 1 });
    const { envId, apiKey, timeout, fetchNow, logLevel, pollingInterval, decisionMode, unknown } = getConfig();
    assert.deepEqual([envId, apiKey, timeout, fetchNow, logLevel, pollingInterval], ['env', 'key', 2, true, 9, 5]);
    assert.deepEqual([decisionMode, unknown], ['BUCKETING_EDGE', 1]);
    for (const name of ['timeout', 'fetchNow', 'logLevel', 'pollingInterval']) {
      assert.ok(
        messages(LogLevel.WARNING).some((message) => message.startsWith(`start: ${name} is not`)),
        name,
      );
    }
    const config = new DecisionApiConfig({ timeout: 7 });
    assert.deepEqual([config.timeout, config.fetchNow, config.decisionMode], [7, true, 'DECISION-API']);
  });

  test('without ids, or with options that cannot be, is not a start', async () => {
    const complaint = { onLog: (...entry) => logs.push(entry) };
    const cases = [
      ['', 'key', complaint],
      ['env', undefined, complaint],
      [7, 'key', complaint],
      ['env', 'key', { ...complaint, decisionApiUrl: 'no address' }],
      ['env', 'key', { ...complaint, decisionMode: DecisionMode.BUCKETING_EDGE, initialBucketing: '{"campaigns":7}' }],
      ['env', 'key', { ...complaint, spoolPath: '/proc/no/folder' }],
    ];
    for (const [envId, apiKey, config] of cases) {
      logs = [];
      const flagship = await Flagship.start(envId, apiKey, config);
      const problem = messages(LogLevel.ERROR).join('\n');
      assert.ok(problem !== '' || flagship.getStatus() === FSSdkStatus.SDK_INITIALIZED, JSON.stringify(config));
    }
    logs = [];
    await Flagship.start('env', 'key', { ...complaint, decisionApiUrl: 'no address' });
    assert.match(messages(LogLevel.ERROR)[0], /decisionApiUrl is not an address/);
    assert.equal(Flagship.getStatus(), FSSdkStatus.SDK_NOT_INITIALIZED);
    await Flagship.start();
  });
});

describe('a visitor', () => {
  beforeEach(() => start());

  test('is made of whatever it is given', async () => {
    for (const params of [undefined, null, 7, {}, { context: 'no', visitorId: {}, initialCampaigns: 'no' }]) {
      const visitor = Flagship.newVisitor(params);
      assert.ok(visitor instanceof Visitor);
      assert.match(visitor.visitorId, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
      assert.equal(visitor.hasConsented, false);
    }
    assert.equal(Flagship.newVisitor({ visitorId: 42 }).visitorId, '42');
    const thrower = {
      get bad() {
        throw new Error('no');
      },
      big: 7n,
      date: new Date(0),
      good: 1,
    };
    const { context } = Flagship.newVisitor({ visitorId: 'v', context: thrower });
    assert.deepEqual(Object.keys(context), ['fs_client', 'fs_version', 'fs_users', 'good']);
  });

  test('has an id that only authenticate changes', () => {
    const visitor = Flagship.newVisitor({ visitorId: 'v', hasConsented: true });
    visitor.visitorId = 'other';
    assert.equal(visitor.visitorId, 'v');
    visitor.authenticate(null);
    assert.deepEqual([visitor.visitorId, visitor.anonymousId], ['v', null]);
    visitor.authenticate(12);
    assert.deepEqual([visitor.visitorId, visitor.anonymousId], ['12', 'v']);
  });

  test('that fetches inside newVisitor tells a listener that is added afterwards', async () => {
    start({ decisionMode: DecisionMode.BUCKETING, cdnUrl: 'http://127.0.0.1:9', pollingInterval: 0 });
    const visitor = Flagship.newVisitor({ visitorId: 'v', hasConsented: true });
    const error = await new Promise((resolve) => visitor.on('ready', resolve));
    assert.equal(error, undefined);
    assert.equal(visitor.getFlag('text').getValue('', false), 'hello');
    let again = 0;
    visitor.on('ready', () => again++);
    await visitor.fetchFlags(); // so soon that it does nothing
    assert.equal(again, 0);
  });

  test('has its listeners called in every way that there is to add them', async () => {
    const visitor = Flagship.newVisitor({ visitorId: 'v', hasConsented: true });
    const heard = [];
    visitor.on('ready', () => heard.push('on'));
    visitor.addListener('ready', () => heard.push('addListener'));
    visitor.once('ready', () => heard.push('once'));
    visitor.prependListener('ready', () => heard.push('prepend'));
    visitor.prependOnceListener('ready', () => heard.push('prependOnce'));
    const removed = () => heard.push('removed');
    visitor.on('ready', removed).off('ready', removed);
    await visitor.fetchFlags();
    assert.deepEqual(heard, ['prependOnce', 'prepend', 'on', 'addListener', 'once']);
    visitor.updateContext({ a: 1 });
    heard.length = 0;
    await visitor.fetchFlags();
    assert.deepEqual(heard, ['prepend', 'on', 'addListener']);
  });

  test('has the methods of release 5', async () => {
    const visitor = await person();
    visitor.cleanup();
    await visitor.collectEAIEventsAsync();
    assert.deepEqual(visitor.flagsStatus, visitor.fetchStatus);
    assert.equal(visitor.config.envId, 'env');
  });

  test('survives hits that are none', async () => {
    const visitor = await person();
    const cycle = { type: 'EVENT' };
    cycle.self = cycle;
    for (const hit of [
      null,
      undefined,
      7,
      'hit',
      cycle,
      {},
      { type: 7 },
      {
        get type() {
          throw new Error('no');
        },
      },
    ]) {
      logs = [];
      await visitor.sendHit(hit);
      assert.equal(messages(LogLevel.ERROR).length, 1, String(hit));
    }
    await visitor.sendHits('no');
    await visitor.sendHits([null, { type: HitType.SCREEN, documentLocation: 's', sessionNumber: 7n }]);
  });
});

describe('a flag', () => {
  let visitor;
  beforeEach(async () => {
    await start();
    visitor = await person();
  });
  const value = (key, fallback) => visitor.getFlag(key).getValue(fallback);

  test('has the value of its type, or the default', () => {
    assert.equal(value('text', 'x'), 'hello');
    assert.equal(value('long', 'x'), longText);
    assert.equal(value('number', 0), 12.5);
    assert.equal(value('on', false), true);
    assert.deepEqual(value('list', []), [1, { a: 2 }]);
    assert.deepEqual(value('object', {}), { color: 'red' });
    assert.equal(value('nothing', 'x'), 'x');
    assert.equal(value('k'.repeat(1000), 'x'), 'of a long key');
    assert.equal(value('text', null), 'hello');
    assert.equal(value('text', undefined), 'hello');
    assert.deepEqual([value('list', {}), value('object', [])], [{}, []]);
    assert.equal(value('number', 'x'), 'x');
    assert.ok(Number.isNaN(value('text', NaN)));
    assert.equal(value('text', 7n), 7n);
    const cycle = {};
    cycle.self = cycle;
    assert.deepEqual(value('object', cycle), { color: 'red' });
    assert.equal(value('text', longText), 'hello');
    const fallback = () => undefined;
    assert.equal(value('text', fallback), fallback);
    assert.equal(value(undefined, 'x'), 'x');
    assert.equal(value(Symbol.iterator.description, 'x'), 'x');
  });

  test('has an object of its own for each reader', () => {
    const flag = visitor.getFlag('object');
    flag.getValue({}).color = 'blue';
    assert.deepEqual(flag.getValue({}), { color: 'red' });
  });

  test('that is reported as seen may run code of the program, in the default', () => {
    const fallback = { toJSON: () => ({ other: value('text', 'x') }) };
    assert.deepEqual(value('object', fallback), { color: 'red' });
  });

  test('is complained of once it is unknown or of another type', () => {
    value('none', 1);
    value('text', 1);
    void visitor.getFlag('none').metadata;
    assert.equal(messages(LogLevel.WARNING).length, 3);
    assert.deepEqual(
      { ...visitor.getFlag('none').metadata, slug: 7 },
      {
        campaignId: '',
        campaignName: '',
        variationGroupId: '',
        variationGroupName: '',
        variationId: '',
        variationName: '',
        isReference: false,
        campaignType: '',
        slug: 7,
      },
    );
  });

  test('that is outdated says so', () => {
    visitor.updateContext('plan', 'pro');
    const flag = visitor.getFlag('text');
    assert.deepEqual([flag.status, flag.exists()], ['FETCH_REQUIRED', true]);
    assert.match(messages(LogLevel.WARNING)[0], /getFlag: visitor v has to call fetchFlags: UPDATE_CONTEXT/);
  });
});

describe('the collection', () => {
  test('holds every flag', async () => {
    await start();
    const flags = (await person()).getFlags();
    assert.equal(flags.size, 8);
    assert.ok(flags instanceof FSFlagCollection);
    assert.ok(flags.keys() instanceof Set);
    assert.deepEqual([flags.has('text'), flags.has('none')], [true, false]);
    assert.equal(flags.get('text').getValue(''), 'hello');
    assert.equal(flags.get('none').exists(), false);
    assert.equal(flags.get('none').getValue('x'), 'x');
    const pairs = [...flags];
    assert.deepEqual(
      pairs.map(([key]) => key),
      [...flags.keys()],
    );
    assert.equal(pairs[0][1], flags.get('text'));
    const seen = [];
    flags.forEach((flag, key, all) => seen.push([flag, key, all === flags]));
    assert.deepEqual(
      seen,
      pairs.map(([key, flag]) => [flag, key, true]),
    );
    assert.equal(flags.getMetadata().get('on').campaignName, 'Campaign on');
    const some = flags.filter((flag, key, all) => flag.exists() && key === 'on' && all === flags);
    assert.deepEqual([...some.keys()], ['on']);
    assert.equal(some.toJSON().length, 1);
    const none = flags.filter(() => false);
    assert.deepEqual([none.size, none.toJSON(), [...none]], [0, [], []]);
    assert.throws(() => flags.forEach(() => assert.fail('mine')), /mine/);
    const empty = new FSFlagCollection({});
    assert.equal(empty.size, 0);
    await empty.exposeAll();
  });

  test('is how flags travel to another process', async () => {
    await start();
    const text = JSON.stringify((await person()).getFlags());
    await start({ initialBucketing: environment() });
    const visitor = Flagship.newVisitor({ visitorId: 'v', hasConsented: true, initialFlagsData: JSON.parse(text) });
    assert.deepEqual(visitor.fetchStatus, { status: 'INITIAL_DATA', reason: 'NONE' });
    assert.equal(visitor.getFlag('long').getValue(''), longText);
    assert.equal(JSON.stringify(visitor.getFlags()), text);
  });
});

describe('code of the program that fails', () => {
  afterEach(() => Flagship.start('', '', { logLevel: LogLevel.NONE }));

  test('is logged, and harms nobody', async () => {
    const fails = (text) => () => {
      throw new Error(text);
    };
    await start({ onSdkStatusChanged: fails('status') });
    const visitor = Flagship.newVisitor({
      visitorId: 'v',
      hasConsented: true,
      onFetchFlagsStatusChanged: async () => fails('later')(),
    });
    const heard = [];
    visitor.on('ready', fails('ready')).on('ready', () => heard.push('the second'));
    await visitor.fetchFlags();
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(heard, ['the second']);
    const errors = new Set(messages(LogLevel.ERROR));
    assert.deepEqual([...errors].sort(), [
      'onFetchFlagsStatusChanged: the callback failed: later',
      'onSdkStatusChanged: the callback failed: status',
      'ready: the callback failed: ready',
    ]);
  });

  test('in a log manager goes to the console', async (t) => {
    const { error } = console;
    const written = [];
    console.error = (line) => written.push(line);
    t.after(() => (console.error = error));
    const logManager = {
      warning: () => Promise.reject(new Error('later')),
      error: undefined,
      log: () => assert.fail('now'),
    };
    await start({ logManager, onLog: undefined });
    const visitor = Flagship.newVisitor({});
    visitor.visitorId = 'x';
    await new Promise((resolve) => setImmediate(resolve));
    assert.ok(
      written.some((line) => line.includes('[ERROR] [logManager] it failed: later')),
      written.join('\n'),
    );
    assert.ok(written.some((line) => line.includes('[ERROR] [logManager] it failed: now')));
  });

  test('in a log manager that calls the SDK does not go round in circles', async (t) => {
    const { error } = console;
    console.error = () => undefined;
    t.after(() => (console.error = error));
    let count = 0;
    await start({
      onLog() {
        count++;
        Flagship.newVisitor({});
      },
    });
    Flagship.newVisitor({});
    assert.ok(count > 0 && count < 10);
  });
});

test('levels decide what is logged, and log managers have a method for each', async () => {
  const records = [];
  const logManager = Object.fromEntries(
    ['emergency', 'alert', 'critical', 'error', 'warning', 'notice', 'info', 'debug'].map((name) => [
      name,
      (message, tag) => records.push([name, tag, message]),
    ]),
  );
  await start({ logManager, onLog: undefined, logLevel: LogLevel.ERROR });
  Flagship.newVisitor({}); // a warning
  assert.deepEqual(records, []);
  Flagship.newVisitor({ hasConsented: true, context: 7 });
  assert.deepEqual(records, [['error', 'newVisitor', 'a context is not an object']]);
  await start({ logLevel: LogLevel.NONE });
  logs = [];
  Flagship.newVisitor(7);
  assert.deepEqual(logs, []);
});
