// burgee/flagship/redis beside a redis-server.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';

import Redis from 'ioredis';
import { CacheStrategy, DecisionMode, Flagship, LogLevel } from 'burgee/flagship';
import { RedisHitCache, RedisVisitorCache } from 'burgee/flagship/redis';
import { start as startProgram } from './support/children.mjs';
import { Recorder } from './support/flagship_recorder.mjs';
import { oneCampaign } from './support/flagship_vectors.mjs';
import { noRedis, startRedis } from './support/redis.mjs';

test('the module has the same names for CommonJS', () => {
  assert.equal(createRequire(import.meta.url)('burgee/flagship/redis').RedisHitCache, RedisHitCache);
});

test('a time to live is a time', () => {
  for (const ttl of [0, -1, NaN, 'x']) {
    assert.throws(() => new RedisVisitorCache({ redis: { eval() {} }, ttl }), /ttl is .*, want seconds above 0/);
    assert.throws(() => new RedisHitCache({ redis: { eval() {} }, lease: ttl }), /lease is .*, want seconds above 0/);
  }
});

describe('with a server', { skip: noRedis }, () => {
  let server;
  let redis;
  let caches = [];
  const opened = (cache) => {
    caches.push(cache);
    return cache;
  };
  const hitCache = (options = {}) => opened(new RedisHitCache({ redis: server.url, ...options }));
  const visitorCache = (options = {}) => opened(new RedisVisitorCache({ redis: server.url, ...options }));
  const hit = (visitorId) => ({
    version: 1,
    data: { visitorId, anonymousId: null, type: 'EVENT', time: 1, content: {} },
  });

  before(async () => {
    server = await startRedis();
    redis = new Redis(server.url);
  });
  after(async () => {
    redis.disconnect();
    await server.close();
  });
  beforeEach(() => redis.flushall());
  afterEach(async () => {
    await Promise.all(caches.splice(0).map((cache) => cache.close()));
  });

  test('records of visitors are kept for all processes', async () => {
    const [one, other] = [visitorCache(), visitorCache({ redis })];
    const record = { version: 1, data: { visitorId: 'ä', anonymousId: null, context: { n: 1.5 } } };
    assert.equal(await one.lookupVisitor('ä'), null);
    await one.cacheVisitor('ä', record);
    assert.deepEqual(await other.lookupVisitor('ä'), record);
    assert.equal(await redis.ttl('{burgee:flagship}:visitor:ä'), -1);
    await other.flushVisitor('ä');
    assert.equal(await one.lookupVisitor('ä'), null);
  });

  test('records end after their time', async () => {
    await visitorCache({ ttl: 60, prefix: 'mine:' }).cacheVisitor('v', { version: 1 });
    const left = await redis.pttl('mine:visitor:v');
    assert.ok(left > 0 && left <= 60_000, String(left));
  });

  test('hits are kept, forgotten, and end after four hours', async () => {
    const cache = hitCache({ owner: 'me' });
    assert.deepEqual(await cache.lookupHits(), {});
    await cache.cacheHit({ a: hit('a'), b: hit('b') });
    await cache.cacheHit({ c: hit('c') });
    await cache.cacheHit({});
    await cache.flushHits(['b']);
    await cache.flushHits([]);
    assert.deepEqual(await cache.lookupHits(), { a: hit('a'), c: hit('c') });
    const left = await redis.pttl('{burgee:flagship}:hits:me');
    assert.ok(left > 3.9 * 3600_000 && left <= 4 * 3600_000, String(left));
    await cache.flushAllHits();
    assert.deepEqual(await cache.lookupHits(), {});
  });

  test('hits of a process that lives stay with it', async () => {
    const [one, other] = [hitCache(), hitCache()];
    await one.cacheHit({ a: hit('a') });
    assert.deepEqual(await other.lookupHits(), {});
    await other.cacheHit({ b: hit('b') });
    await other.flushAllHits();
    assert.deepEqual(await one.lookupHits(), { a: hit('a') });
  });

  test('hits of a process that has ended go to one other', async () => {
    const ended = new RedisHitCache({ redis: server.url });
    const hits = Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`key ${i}`, hit(`v${i}`)]));
    await ended.cacheHit({ a: hit('a') });
    await ended.close();
    const large = hitCache({ owner: 'large' });
    await large.cacheHit(hits);
    await redis.del('{burgee:flagship}:lease:large'); // as if it had not lived for a minute
    const found = await Promise.all([hitCache(), hitCache(), hitCache()].map((cache) => cache.lookupHits()));
    const keys = found.flatMap((each) => Object.keys(each));
    assert.equal(keys.length, 20_001);
    assert.equal(new Set(keys).size, 20_001);
  });

  test('a process with the same name takes its own hits up again', async () => {
    const first = new RedisHitCache({ redis: server.url, owner: 'pod-1' });
    await first.cacheHit({ a: hit('a') });
    first.redis.disconnect(); // without close
    assert.deepEqual(await hitCache({ owner: 'pod-1' }).lookupHits(), { a: hit('a') });
  });

  test('a hit that cannot be read costs only itself', async () => {
    const cache = hitCache({ owner: 'me' });
    await cache.cacheHit({ a: hit('a') });
    await redis.hset('{burgee:flagship}:hits:me', 'b', '{');
    assert.deepEqual(await cache.lookupHits(), { a: hit('a') });
  });

  test('a cache that is closed gives no sign of life any more', async () => {
    const cache = new RedisHitCache({ redis, owner: 'me' });
    await cache.cacheHit({ a: hit('a') });
    await cache.close();
    await assert.rejects(cache.cacheHit({ b: hit('b') }), /the cache is closed/);
    assert.equal(await redis.exists('{burgee:flagship}:lease:me'), 0);
  });

  test('closing ends in time, and for good, when the server is gone', { timeout: 60_000 }, async (t) => {
    const gone = await startRedis();
    const program = startProgram(`
      const { RedisHitCache, RedisVisitorCache } = require('burgee/flagship/redis');
      const caches = [RedisHitCache, RedisVisitorCache].map((Cache) => new Cache({ redis: ${JSON.stringify(gone.url)} }));
      (async () => {
        await caches[0].lookupHits();
        console.log('connected');
        await new Promise((resolve) => caches[0].redis.once('close', resolve));
        await Promise.all(caches.map((cache) => cache.close()));
        console.log('closed');
      })();`);
    t.after(() => program.child.kill('SIGKILL'));
    await program.wrote('connected');
    await gone.close();
    assert.deepEqual(await program.ended, { code: 0, signal: null, stdout: 'connected\nclosed\n', stderr: '' });
  });

  test('a lease may be as long as it likes', async (t) => {
    const warnings = [];
    const warned = ({ message }) => warnings.push(message);
    process.on('warning', warned);
    t.after(() => process.off('warning', warned));
    await hitCache({ lease: 1e10, ttl: 1e300 }).cacheHit({ a: hit('a') });
    assert.deepEqual(warnings, []);
  });

  test('options that are wrong leave no connection behind', { timeout: 60_000 }, async (t) => {
    const program = startProgram(`
      const { RedisHitCache } = require('burgee/flagship/redis');
      try {
        new RedisHitCache({ redis: ${JSON.stringify(server.url)}, ttl: 0 });
      } catch (error) {
        console.log(error.message);
      }`);
    t.after(() => program.child.kill('SIGKILL'));
    assert.equal((await program.ended).stdout, 'ttl is 0, want seconds above 0\n');
  });

  test('signs of life go on by themselves', async () => {
    const cache = hitCache({ owner: 'me', lease: 0.3 });
    await cache.cacheHit({ a: hit('a') });
    const lease = '{burgee:flagship}:lease:me';
    await redis.pexpire(lease, 150); // it would end before the test does
    for (let renewed = 0; renewed < 2;) {
      const left = await redis.pttl(lease);
      assert.ok(left >= -1 || renewed > 0);
      if (left > 200) {
        renewed++;
        await redis.pexpire(lease, 150);
      }
    }
  });

  test('the SDK keeps in them what it cannot send, and the next process sends it', { timeout: 60_000 }, async (t) => {
    const recorder = await Recorder.start();
    t.after(() => recorder.close());
    recorder.answer = ({ path }) => (path === '/events' ? { status: 503 } : undefined);
    const program = startProgram(`
      const { Flagship, DecisionMode, CacheStrategy } = require('burgee/flagship');
      const { RedisHitCache, RedisVisitorCache } = require('burgee/flagship/redis');
      (async () => {
        const redis = ${JSON.stringify(server.url)};
        await Flagship.start('env', 'key', {
          decisionMode: DecisionMode.BUCKETING_EDGE, initialBucketing: ${JSON.stringify(oneCampaign({ f1: 'on' }))},
          logLevel: 0, ...${JSON.stringify(recorder.urls)},
          trackingManagerConfig: { cacheStrategy: CacheStrategy.CONTINUOUS_CACHING },
          hitCacheImplementation: new RedisHitCache({ redis, lease: 0.2 }),
          visitorCacheImplementation: new RedisVisitorCache({ redis }),
        });
        const visitor = Flagship.newVisitor({ visitorId: 'kept', hasConsented: true });
        await visitor.fetchFlags();
        Flagship.close();
      })();`);
    const key = () => redis.keys('{burgee:flagship}:hits:*');
    while ((await key()).length === 0 || (await redis.get('{burgee:flagship}:visitor:kept')) === null) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    program.child.kill('SIGKILL');
    await program.ended;
    const record = JSON.parse(await redis.get('{burgee:flagship}:visitor:kept'));
    assert.deepEqual(record.data.assignmentsHistory, { vg_1: 'var_1' });
    while ((await redis.keys('{burgee:flagship}:lease:*')).length > 0) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    recorder.reset();
    await Flagship.start('env', 'key', {
      decisionMode: DecisionMode.BUCKETING_EDGE,
      initialBucketing: oneCampaign({ f1: 'on' }),
      fetchNow: false,
      logLevel: LogLevel.NONE,
      trackingManagerConfig: { cacheStrategy: CacheStrategy.CONTINUOUS_CACHING },
      ...recorder.urls,
      hitCacheImplementation: hitCache(),
    });
    while (!recorder.requests.some(({ path }) => path === '/events')) {
      await Flagship.close();
    }
    const [{ body }] = recorder.requests;
    assert.deepEqual(
      body.h.map(({ vid, ea }) => [vid, ea]),
      [['kept', 'fs_consent']],
    );
    await Flagship.start('', '', { logLevel: LogLevel.NONE });
  });
});
