// burgee/flagship beside a server of the vendor.
import assert from 'node:assert/strict';
import { after, afterEach, describe, test } from 'node:test';

import { CacheStrategy, DecisionMode, Flagship, FSSdkStatus, HitType, LogLevel } from 'burgee/flagship';
import { apiKey, campaign, environment, envId, server, serveFlagship } from './support/flagship_server.mjs';

const file = environment(
  campaign('banner', 'hello'),
  campaign('vip', true, { targetings: [{ operator: 'EQUALS', key: 'plan', value: 'pro' }] }),
);
serveFlagship(file);

let logs = [];
const urls = () => ({
  decisionApiUrl: server.decision,
  cdnUrl: server.cdn,
  eventsUrl: `${server.url}/events`,
  segmentsUrl: server.segments,
});

const start = (options = {}, key = apiKey) =>
  Flagship.start(envId, key, {
    fetchNow: false,
    onLog: (...entry) => logs.push(entry),
    trackingManagerConfig: { batchIntervals: 1000 },
    ...urls(),
    ...options,
  });
const bucketing = (options = {}) => start({ decisionMode: DecisionMode.BUCKETING, pollingInterval: 0.1, ...options });

async function person(visitorId = 'v', params = {}) {
  const visitor = Flagship.newVisitor({ visitorId, hasConsented: true, ...params });
  await visitor.fetchFlags();
  return visitor;
}

/** Calls once for each time that the callback is, with what it was called with. */
function heard() {
  const calls = [];
  let waiting = [];
  const callback = (...args) => {
    calls.push(args.length < 2 ? args[0] : args);
    waiting.splice(0).forEach((check) => check());
  };
  callback.calls = calls;
  callback.until = async (count) => {
    while (calls.length < count) {
      await new Promise((resolve) => waiting.push(resolve));
    }
    return calls;
  };
  return callback;
}

afterEach(async () => {
  await server.fail();
  await Flagship.start('', '', { logLevel: LogLevel.NONE });
  logs = [];
});
after(() => Flagship.close());

describe('DECISION_API', () => {
  test('lets the server decide, and reports who saw what', async () => {
    const onVisitorExposed = heard();
    await start({ onVisitorExposed });
    assert.equal(Flagship.getStatus(), FSSdkStatus.SDK_INITIALIZED);
    const visitor = await person('ada', { context: { plan: 'pro' } });
    assert.equal(visitor.getFlag('banner').getValue('none'), 'hello');
    assert.equal(visitor.getFlag('vip').getValue(false, false), true);
    const [activation] = await server.activations(1);
    assert.deepEqual(activation.vaid ?? activation.batch[0].vaid, 'va-banner');
    const [{ fromFlag, exposedVisitor }] = await onVisitorExposed.until(1);
    assert.deepEqual([fromFlag.key, fromFlag.value, fromFlag.defaultValue], ['banner', 'hello', 'none']);
    assert.deepEqual([exposedVisitor.id, exposedVisitor.context.plan], ['ada', 'pro']);
    const [asked] = await server.asked('/campaigns');
    assert.equal(asked.headers['X-Api-Key'][0], apiKey);
  });

  test('goes on without the server, and says why', async () => {
    await start({ decisionApiUrl: server.decision }, 'a wrong key');
    const ready = heard();
    const visitor = Flagship.newVisitor({ visitorId: 'v', hasConsented: true });
    visitor.on('ready', ready);
    await visitor.fetchFlags();
    assert.match(ready.calls[0].message, /^envId and apiKey do not belong together.*answered 403/);
    assert.deepEqual(visitor.fetchStatus, { status: 'FETCH_REQUIRED', reason: 'FETCH_ERROR' });
    assert.equal(visitor.getFlag('banner').getValue('default'), 'default');
    assert.ok(logs.some(([level, , message]) => level === LogLevel.ERROR && message.includes('403')));
  });

  test('gives up on a server that hangs', async () => {
    await start({ timeout: 0.05 });
    await server.fail({ kind: 'hang', times: -1 });
    const visitor = await person();
    assert.equal(visitor.fetchStatus.reason, 'FETCH_ERROR');
  });

  test('ends a fetch whose end was not heard, because nobody took events', { timeout: 60_000 }, async () => {
    const ignore = () => undefined;
    await start({
      logLevel: LogLevel.WARNING,
      hitCacheImplementation: { cacheHit: ignore, lookupHits: ignore, flushHits: ignore, flushAllHits: ignore },
      trackingManagerConfig: { cacheStrategy: CacheStrategy.CONTINUOUS_CACHING, batchIntervals: 1000 },
    });
    const visitor = Flagship.newVisitor({ visitorId: 'ada', hasConsented: true });
    const ready = heard();
    visitor.on('ready', ready);
    const noise = Flagship.newVisitor({ visitorId: 'v', hasConsented: true, onFetchFlagsStatusChanged() {} });
    for (let i = 0; i < 400; i++) {
      noise.updateContext({ i }); // events that are handed over are not queued any more
    }
    for (let i = 0; i < 40; i++) {
      void noise.sendHit({ type: HitType.SCREEN, documentLocation: `${i}${'x'.repeat(2 ** 20)}` });
    }
    noise.setConsent(false);
    for (let i = 0; i < 6000; i++) {
      noise.updateContext({ i }); // what room is left
    }
    const fetched = visitor.fetchFlags();
    while (visitor.fetchStatus.status === 'FETCHING');
    await fetched;
    assert.equal(visitor.getFlag('banner').getValue('', false), 'hello');
    assert.deepEqual(ready.calls, [undefined]);
    assert.ok(logs.some(([, , message]) => message.includes('were lost')));
  });

  test('fetches when a visitor is made, unless it is told otherwise', async () => {
    await start({ fetchNow: true });
    const visitor = Flagship.newVisitor({ visitorId: 'v', hasConsented: true });
    await new Promise((resolve) => visitor.once('ready', resolve));
    assert.equal(visitor.getFlag('banner').exists(), true);
    await start({ fetchNow: false });
    assert.equal(Flagship.newVisitor({ visitorId: 'v' }).fetchStatus.status, 'FETCH_REQUIRED');
  });
});

describe('BUCKETING', () => {
  test('decides here, from a file that is fetched again and again', async () => {
    const [onBucketingSuccess, onBucketingUpdated, onSdkStatusChanged] = [heard(), heard(), heard()];
    await bucketing({ onBucketingSuccess, onBucketingUpdated, onSdkStatusChanged });
    assert.deepEqual(onSdkStatusChanged.calls, [FSSdkStatus.SDK_INITIALIZING, FSSdkStatus.SDK_INITIALIZED]);
    const [first] = onBucketingSuccess.calls;
    assert.deepEqual([first.status, first.payload], [200, file]);
    assert.ok(onBucketingUpdated.calls[0] instanceof Date);
    const visitor = await person();
    assert.equal(visitor.getFlag('banner').getValue(''), 'hello');
    await server.replace(environment(campaign('banner', 'again')));
    await onBucketingUpdated.until(2);
    assert.ok(onBucketingUpdated.calls[1] > onBucketingUpdated.calls[0]);
    assert.equal(visitor.getFlag('banner').getValue(''), 'hello'); // until the next fetch
    visitor.updateContext('new', true);
    await visitor.fetchFlags();
    assert.equal(visitor.getFlag('banner').getValue(''), 'again');
    while (!onBucketingSuccess.calls.some(({ status }) => status === 304)) {
      await onBucketingSuccess.until(onBucketingSuccess.calls.length + 1);
    }
  });

  test('can be used before the file is there: a fetch waits for it', async () => {
    bucketing();
    const visitor = Flagship.newVisitor({ visitorId: 'v', hasConsented: true });
    assert.equal(Flagship.getStatus(), FSSdkStatus.SDK_INITIALIZING);
    await visitor.fetchFlags();
    assert.deepEqual(visitor.fetchStatus, { status: 'FETCHED', reason: 'NONE' });
    assert.equal(visitor.getFlag('banner').getValue('', false), 'hello');
  });

  test('is started as soon as a request would have been in vain', { timeout: 60_000 }, async () => {
    await server.fail({ kind: 'hang', times: -1 });
    const onBucketingFail = heard();
    await bucketing({ timeout: 0.05, onBucketingFail });
    assert.deepEqual(onBucketingFail.calls, []); // the engine has not given up yet
    assert.equal((await person('v')).fetchStatus.reason, 'FETCH_ERROR');
  });

  test('goes on without the server, and comes back', async () => {
    const [onBucketingFail, onBucketingSuccess] = [heard(), heard()];
    await server.fail({ kind: 'answer', status: 503, times: -1 });
    await bucketing({ onBucketingFail, onBucketingSuccess });
    const [error] = await onBucketingFail.until(1);
    assert.ok(error instanceof Error);
    assert.equal(Flagship.getStatus(), FSSdkStatus.SDK_INITIALIZING);
    const visitor = await person();
    assert.equal(visitor.fetchStatus.reason, 'FETCH_ERROR');
    await server.fail();
    await onBucketingSuccess.until(1);
    await visitor.fetchFlags();
    assert.equal(visitor.getFlag('banner').getValue(''), 'hello');
  });

  test('stops everything in panic, and goes on afterwards', async () => {
    const [onSdkStatusChanged, onBucketingUpdated] = [heard(), heard()];
    await bucketing({ onSdkStatusChanged, onBucketingUpdated, fetchFlagsBufferingTime: 0 });
    const visitor = await person();
    await server.replace({ panic: true });
    await onBucketingUpdated.until(2);
    await visitor.fetchFlags();
    assert.equal(onSdkStatusChanged.calls.at(-1), FSSdkStatus.SDK_PANIC);
    const flag = visitor.getFlag('banner');
    assert.deepEqual([flag.getValue('x'), flag.exists(), flag.status], ['x', false, 'PANIC']);
    assert.equal(visitor.getFlags().size, 0);
    logs = [];
    await visitor.sendHit({ type: HitType.SCREEN, documentLocation: 's' });
    visitor.updateContext('a', 1);
    await flag.visitorExposed();
    assert.equal(logs.filter(([level]) => level === LogLevel.ERROR).length, 3);
    await server.replace(file);
    await onBucketingUpdated.until(3);
    await visitor.fetchFlags();
    assert.equal(Flagship.getStatus(), FSSdkStatus.SDK_INITIALIZED);
    assert.equal(flag.getValue('x'), 'hello');
  });

  test('takes what other vendors know of a visitor', async () => {
    await server.setSegments('ada', [
      { visitor_id: 'ada', segment: 'tier', value: 'gold', expiration: 1689771669, partner: 'mixpanel' },
    ]);
    await bucketing({ fetchThirdPartyData: true });
    const visitor = await person('ada');
    assert.equal(visitor.context['mixpanel::tier'], 'gold');
    assert.equal(visitor.fetchStatus.status, 'FETCHED');
  });

  test('asks once if that is all it is to do', async () => {
    const onBucketingSuccess = heard();
    await bucketing({ pollingInterval: 0, onBucketingSuccess });
    await person();
    await Flagship.close();
    assert.equal((await server.asked('/bucketing.json')).length, 1);
    assert.equal(onBucketingSuccess.calls.length, 1);
  });

  test('takes the text of a file, too', async () => {
    await server.fail({ kind: 'answer', status: 503, times: -1 });
    bucketing({ initialBucketing: JSON.stringify(file) });
    assert.equal((await person()).getFlag('banner').getValue('', false), 'hello');
  });
});

describe('hits', () => {
  test('leave together when the SDK is closed, and the SDK goes on', async () => {
    await bucketing();
    const visitor = await person('ada');
    await visitor.sendHits([
      { type: HitType.PAGE, documentLocation: 'https://shop.test' },
      { type: 'event', category: 'Action Tracking', action: 'click', value: 0 },
    ]);
    await Flagship.close();
    assert.deepEqual(
      (await server.hits()).map(({ t, vid, ea, el, ev }) => [t, vid, ea ?? null, el ?? null, ev ?? null]),
      [
        ['EVENT', 'ada', 'fs_consent', 'TypeScript:true', null],
        ['PAGEVIEW', 'ada', null, null, null],
        ['EVENT', 'ada', 'click', null, 0],
      ],
    );
    await visitor.sendHit({ type: HitType.SCREEN, documentLocation: 'home' });
    await Flagship.close();
    assert.equal((await server.hits()).length, 4);
  });

  test('are not sent without consent', async () => {
    await bucketing();
    const visitor = await person('ada', { hasConsented: false });
    visitor.getFlag('banner').getValue('');
    await visitor.sendHit({ type: HitType.SCREEN, documentLocation: 's' });
    assert.equal(visitor.hasConsented, false);
    visitor.setConsent(true);
    assert.equal(visitor.hasConsented, true);
    await visitor.sendHit({ type: HitType.SCREEN, documentLocation: 's' });
    await Flagship.close();
    assert.deepEqual(
      (await server.hits()).map(({ el, dl }) => el ?? dl),
      ['TypeScript:false', 'TypeScript:true', 's'],
    );
    assert.deepEqual(await server.activations(), []);
  });

  test('of all flags leave at once', async () => {
    await bucketing();
    await (await person('ada', { context: { plan: 'pro' } })).getFlags().exposeAll();
    const seen = (await server.activations(2)).flatMap((body) => body.batch ?? [body]).map(({ vaid }) => vaid);
    assert.deepEqual(seen.sort(), ['va-banner', 'va-vip']);
  });

  test('are none when events are disabled', async () => {
    await bucketing({ disableEvents: true });
    const visitor = await person();
    assert.equal(visitor.getFlag('banner').getValue(''), 'hello');
    await visitor.sendHit({ type: HitType.SCREEN, documentLocation: 's' });
    await Flagship.close();
    assert.deepEqual(await server.received(), []);
    assert.deepEqual(
      logs.filter(([level]) => level <= LogLevel.WARNING),
      [],
    );
  });
});

describe('caches that misbehave harm nobody', () => {
  const never = () => new Promise(() => undefined);
  const throws = () => {
    throw new Error('broken');
  };
  const rejects = () => Promise.reject(new Error('broken'));
  const kinds = {
    throwing: throws,
    rejecting: rejects,
    'throwing an error whose message is no text': () => {
      throw Object.assign(new Error(), { message: 7n });
    },
    hanging: never,
    'answering nonsense': () => ({ version: 7, data: 'no' }),
    'answering what is no JSON': () => 7n,
    'answering a cycle': () => {
      const cycle = {};
      cycle.self = cycle;
      return cycle;
    },
    'answering nothing': () => undefined,
    'without methods': undefined,
  };
  for (const [kind, method] of Object.entries(kinds)) {
    test(kind, { timeout: 30_000 }, async () => {
      const methods = [
        'cacheVisitor',
        'lookupVisitor',
        'flushVisitor',
        'cacheHit',
        'lookupHits',
        'flushHits',
        'flushAllHits',
      ];
      const cache = Object.fromEntries(methods.map((name) => [name, method]));
      await bucketing({
        visitorCacheImplementation: cache,
        hitCacheImplementation: cache,
        cacheTimeout: 0.05,
        trackingManagerConfig: { cacheStrategy: CacheStrategy.CONTINUOUS_CACHING, batchIntervals: 1000 },
      });
      const visitor = await person('ada');
      assert.equal(visitor.getFlag('banner').getValue(''), 'hello');
      await Flagship.close();
      assert.equal((await server.hits(1)).length, 1);
      assert.equal((await server.activations(1)).length, 1);
      visitor.setConsent(false);
      await Flagship.close();
      if (kind !== 'answering nothing') {
        assert.ok(logs.some(([level]) => level <= LogLevel.WARNING));
      }
    });
  }
});

test('an operation of a cache that never ends does not keep back others', { timeout: 30_000 }, async () => {
  const hangs = { then: (resolve) => resolve({ then: () => undefined }) };
  let calls = 0;
  const again = new Promise((resolve) => {
    const cacheVisitor = () => (++calls === 2 ? resolve() : hangs);
    const visitorCacheImplementation = { cacheVisitor, lookupVisitor: () => null, flushVisitor: () => undefined };
    const options = { visitorCacheImplementation, cacheTimeout: 0.05, fetchFlagsBufferingTime: 0 };
    void bucketing(options)
      .then(() => person('ada'))
      .then((visitor) => visitor.fetchFlags());
  });
  await again;
});

test('a cache whose operations take time gets them one after the other', async () => {
  let running = 0;
  const order = [];
  const slow = (name) => async () => {
    assert.equal(++running, 1);
    await new Promise((resolve) => setImmediate(resolve));
    order.push(name);
    running--;
  };
  const hits = {
    cacheHit: slow('cacheHit'),
    flushHits: slow('flushHits'),
    flushAllHits: slow('flushAllHits'),
    lookupHits: async () => ({}),
  };
  await bucketing({ hitCacheImplementation: hits });
  await person();
  await Flagship.close();
  while (order.length < 2) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.deepEqual(order, ['flushAllHits', 'cacheHit']);
});

test('disableCache uses none of both', async () => {
  const cache = new Proxy({}, { get: () => assert.fail('it was used') });
  await bucketing({ visitorCacheImplementation: cache, hitCacheImplementation: cache, disableCache: true });
  await person();
  await Flagship.close();
  assert.equal((await server.hits(1)).length, 1);
});
