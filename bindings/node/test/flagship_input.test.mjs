// burgee/flagship with what no program means to give it. No method throws, and no promise rejects.
import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';

import { DecisionMode, Flagship, FSFlag, HitType, LogLevel } from 'burgee/flagship';
import { start as startProgram } from './support/children.mjs';
import { campaign, environment } from './support/flagship_server.mjs';

const file = environment(campaign('text', 'hello'), campaign('object', { color: 'red' }));
const edge = {
  decisionMode: DecisionMode.BUCKETING_EDGE,
  initialBucketing: file,
  disableEvents: true,
  onLog: (level, tag, message) => logs.push([level, `${tag}: ${message}`]),
};
let logs = [];
const errors = () => logs.filter(([level]) => level <= LogLevel.ERROR).map(([, message]) => message);

beforeEach(async () => {
  await Flagship.start('env', 'key', edge);
  logs = [];
});

const fails = () => {
  throw new Error('mine');
};
const traps = ['get', 'has', 'ownKeys', 'getOwnPropertyDescriptor', 'getPrototypeOf'];
const revoked = (target) => {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
};
const unreadable = {
  'a proxy that throws': new Proxy({}, Object.fromEntries(traps.map((trap) => [trap, fails]))),
  'a proxy that was revoked': revoked({}),
  'a proxy of an array that was revoked': revoked([]),
  'an object without a text': Object.create(null),
  'an object whose text throws': { toString: fails, toJSON: fails },
  'an object that throws what has no text': {
    toJSON() {
      throw Object.create(null);
    },
  },
  'a function': fails,
  'a symbol': Symbol('mine'),
  'a bigint': 10n,
};

for (const [name, value] of Object.entries(unreadable)) {
  describe(name, () => {
    test('makes a visitor, and whatever it may be given of it', async () => {
      const members = ['visitorId', 'context', 'initialCampaigns', 'initialFlagsData', 'onFetchFlagsStatusChanged'];
      const given = [value, ...members.flatMap((member) => [{ [member]: value }, { [member]: [value] }])];
      for (const params of given) {
        const visitor = Flagship.newVisitor(params);
        await visitor.fetchFlags();
        assert.equal(visitor.getFlag('text').getValue('default', false), 'hello');
      }
    });

    test('goes through the methods of a visitor', async () => {
      const visitor = Flagship.newVisitor({ visitorId: 'v', hasConsented: true });
      await visitor.fetchFlags();
      visitor.updateContext(value);
      visitor.updateContext('name', value);
      visitor.authenticate(value);
      visitor.unauthenticate();
      for (const hit of [value, { type: value }, { type: HitType.SCREEN, documentLocation: value }]) {
        await visitor.sendHit(hit);
      }
      await visitor.sendHits(value);
      await visitor.sendHits([value]);
      for (const flag of [visitor.getFlag(value), visitor.getFlags().get(value), new FSFlag({ key: value, visitor })]) {
        assert.equal(flag.getValue('default'), 'default');
        assert.equal(flag.exists(), false);
        assert.equal(flag.metadata.campaignId, '');
        await flag.visitorExposed();
      }
      visitor.getFlag('object').getValue(value);
      visitor.setConsent(value);
    });

    test('is an option', async () => {
      const names = ['decisionMode', 'trackingManagerConfig', 'visitorCacheImplementation', 'proxy', 'onLog', 'other'];
      await Flagship.start('env', 'key', value);
      await Flagship.start(value, value, edge);
      for (const option of names) {
        await Flagship.start('env', 'key', { logLevel: LogLevel.NONE, ...edge, [option]: value });
      }
    });
  });
}

test('times may be as long or as short as they like', async () => {
  for (const time of [Number.MIN_VALUE, Number.MAX_VALUE]) {
    const names = ['timeout', 'pollingInterval', 'fetchFlagsBufferingTime', 'hitDeduplicationTime', 'cacheTimeout'];
    const times = Object.fromEntries(names.map((name) => [name, time]));
    const trackingManagerConfig = { batchIntervals: time };
    const urls = { cdnUrl: 'http://127.0.0.1:1' };
    void Flagship.start('env', 'key', { ...edge, ...urls, ...times, trackingManagerConfig, decisionMode: 'BUCKETING' });
    assert.notEqual(Flagship.getStatus(), 0);
  }
});

test('a member that throws is as good as missing', async () => {
  const params = Object.defineProperty({ visitorId: 'v' }, 'context', { get: fails });
  assert.notEqual(Flagship.newVisitor(params).visitorId, '');
  assert.deepEqual(errors(), ['newVisitor: what is given cannot be read: mine']);
  const config = Object.defineProperty({ ...edge }, 'timeout', { get: fails, enumerable: true });
  await Flagship.start('env', 'key', config);
  assert.equal(Flagship.getConfig().timeout, 2);
  assert.ok(logs.some(([, message]) => message === 'start: timeout cannot be read: the default is used'));
});

test('a visitor does without flags to begin with that JSON cannot hold', () => {
  const visitor = Flagship.newVisitor({
    visitorId: 'v',
    context: { a: 1 },
    hasConsented: true,
    initialCampaigns: [1n],
  });
  assert.equal(visitor.context.a, 1);
  assert.equal(visitor.visitorId, 'v');
  assert.match(errors()[0], /initialCampaigns or initialFlagsData cannot be read: .*BigInt/);
});

test('messages about long names do not keep the program waiting', { timeout: 60_000 }, async (t) => {
  const program = startProgram(`
    const { Flagship, DecisionMode } = require('burgee/flagship');
    const config = { decisionMode: DecisionMode.BUCKETING_EDGE, disableEvents: true, initialBucketing: { campaigns: [] } };
    let heard = '';
    Flagship.start('env', 'key', { ...config, onLog: (level, tag, message) => (heard += message) }).then(async () => {
      Flagship.newVisitor({ hasConsented: true, context: { ['x'.repeat(1 << 20)]: {} } });
      while (!heard.includes('xxx')) await new Promise((resolve) => setImmediate(resolve));
      console.log('heard');
    });`);
  t.after(() => program.child.kill('SIGKILL'));
  await program.wrote('heard');
});
