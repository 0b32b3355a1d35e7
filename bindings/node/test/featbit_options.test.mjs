// The options of burgee/featbit, and the parts that a program brings of its own.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, test } from 'node:test';

import {
  DataKinds,
  DataSyncModeEnum,
  FbClientBuilder,
  InMemoryStore,
  integrations,
  JsonBootstrapProvider,
  NullBootstrapProvider,
  UserBuilder,
} from 'burgee/featbit';
import { keepingLogger, sampleMessage, textFlag, using } from './support/featbit.mjs';

const pro = new UserBuilder('u-1').name('Ada').custom('plan', 'pro').build();

describe('options', () => {
  const warnings = (options) => {
    const logger = keepingLogger();
    const client = new FbClientBuilder({ offline: true, ...options, logger }).build();
    void client.close();
    return logger.records.filter(([level]) => level === 'warn').map(([, text]) => text);
  };

  test('of a wrong type count as their default, with a warning', () => {
    assert.deepEqual(warnings({ flushInterval: '5', maxEventsInQueue: true, pollingInterval: null, sdkKey: 5 }), [
      'Config option "sdkKey" should be of type string, got number, using default value',
      'Config option "pollingInterval" should be of type number, got object, using default value',
      'Config option "flushInterval" should be of type number, got string, using default value',
      'Config option "maxEventsInQueue" should be of type number, got boolean, using default value',
    ]);
    assert.deepEqual(warnings({ bootstrapProvider: 5, store: 5, dataSynchronizer: 7 }), [
      'Config option "bootstrapProvider" should be of type object, got number, using default value',
      'Config option "dataSynchronizer" should be of type factory method or object, got number, using default value',
      'Config option "store" should be of type factory method or object, got number, using default value',
    ]);
    assert.deepEqual(warnings({ disableEvents: 1 }), [
      'Config option "disableEvents" should be a boolean, got number, converting to boolean',
    ]);
  });

  test('out of range count as their default, with a warning', () => {
    assert.deepEqual(warnings({ flushInterval: -1, maxEventsInQueue: 0, startWaitTime: NaN, dataSyncMode: 'push' }), [
      'Config option "startWaitTime" should be at least 0, got NaN, using default value',
      'Config option "dataSyncMode" should be one of streaming, polling, got push, using default value',
      'Config option "flushInterval" should be at least 0, got -1, using default value',
      'Config option "maxEventsInQueue" should be above 0, got 0, using default value',
    ]);
  });

  test('that are unknown are named', () => {
    assert.deepEqual(warnings({ foo: 1 }), ['Ignoring unknown config option "foo"']);
  });

  test('that are right make no warning, and undefined is no value', () => {
    const options = { flushInterval: 100, dataSyncMode: DataSyncModeEnum.POLLING, spoolPath: undefined };
    assert.deepEqual(warnings(options), []);
  });

  test('without which a client cannot connect are named', () => {
    const build = (options) => new FbClientBuilder({ logger: keepingLogger(), ...options }).build();
    const uris = { streamingUri: 'ws://127.0.0.1:1', eventsUri: 'http://127.0.0.1:1' };
    assert.throws(() => build({}), { message: 'You must configure the client with an SDK key' });
    assert.throws(() => build(uris), { message: 'You must configure the client with an SDK key' });
    assert.throws(() => build({ sdkKey: 'k' }), { message: 'Config option "streamingUri" is missing' });
    assert.throws(() => build({ sdkKey: 'k', dataSyncMode: 'polling' }), {
      message: 'Config option "pollingUri" is missing',
    });
  });

  test('that the engine refuses are named as they were given', () => {
    const build = (options) => new FbClientBuilder({ logger: keepingLogger(), sdkKey: 'k', ...options }).build();
    assert.throws(() => build({ streamingUri: 'nonsense', eventsUri: 'http://127.0.0.1:1' }), {
      code: 'INVALID_CONFIG',
      message: /streamingUri/,
    });
    assert.throws(() => build({ streamingUri: 'ws://127.0.0.1:1', eventsUri: 'nonsense' }), { message: /eventsUri/ });
    assert.throws(
      () =>
        build({ streamingUri: 'ws://127.0.0.1:1', eventsUri: 'http://127.0.0.1:1', tlsConfig: { caCertFile: '/no' } }),
      { message: /caCertFile/ },
    );
  });

  test('a missing eventsUri is an error in the log only', async () => {
    const logger = keepingLogger();
    const client = new FbClientBuilder({ logger, sdkKey: 'k', streamingUri: 'ws://127.0.0.1:1' }).build();
    await client.close();
    assert.match(logger.records.find(([level]) => level === 'error')[1], /"eventsUri" is missing/);
  });

  test('a store of the program is refused, and says what there is instead', () => {
    const store = { get() {}, all() {}, init() {}, upsert() {}, initialized() {}, close() {}, version: 0 };
    const dataSynchronizer = { start() {}, stop() {}, close() {} };
    const build = (options) => new FbClientBuilder({ logger: keepingLogger(), sdkKey: 'k', ...options }).build();
    assert.throws(() => build({ offline: true, store }), { message: /"store" is not supported.*"cachePath"/ });
    assert.throws(() => build({ store: () => store, dataSynchronizer }), { message: /"store" is not supported/ });
  });

  test('a builder can be used again, and changes nothing that it was given', async () => {
    const options = { logger: keepingLogger() };
    const builder = new FbClientBuilder(options).offline(true);
    await builder.build().close();
    await using(builder.useJsonBootstrapProvider(JSON.stringify(sampleMessage)).build(), async (client) =>
      assert.equal(await client.boolVariation('checkout', pro, false), true),
    );
    assert.deepEqual(Object.keys(options), ['logger']);
  });
});

describe('bootstrap', () => {
  test('text that is no data is refused at once', () => {
    const builder = new FbClientBuilder();
    assert.throws(() => builder.useJsonBootstrapProvider('{'), SyntaxError);
    assert.throws(() => builder.useJsonBootstrapProvider('null'), { message: 'Invalid JSON' });
    assert.throws(() => builder.useJsonBootstrapProvider('{}'), { message: 'Invalid JSON' });
  });

  test('items need only what FeatBit needs', async () => {
    const { isArchived: _archived, updatedAt: _updated, id: _id, ...bare } = textFlag('bare', 'x');
    const client = new FbClientBuilder({ logger: keepingLogger(), offline: true })
      .useJsonBootstrapProvider(JSON.stringify({ data: { featureFlags: [bare] } }))
      .build();
    await using(client, async () => assert.equal(await client.stringVariation('bare', pro, 'y'), 'x'));
  });

  const item = { ...textFlag('own', 'x'), version: 1 };

  test('a provider of the program delivers at once or later', async () => {
    for (const pause of [undefined, Promise.resolve()]) {
      const bootstrapProvider = {
        async populate(updates, callback) {
          if (pause !== undefined) {
            await pause;
          }
          updates.init({ flags: { own: item }, segments: {} }, callback);
        },
      };
      const client = new FbClientBuilder({ logger: keepingLogger(), offline: true, bootstrapProvider }).build();
      assert.equal(client.initialized(), pause === undefined);
      await client.waitForInitialization();
      await using(client, async () => assert.equal(await client.stringVariation('own', pro, 'y'), 'x'));
    }
  });

  test('a provider that fails is an error in the log, and the client goes on without', async () => {
    const logger = keepingLogger();
    const bootstrapProvider = { populate: () => Promise.reject(new Error('mine')) };
    const client = new FbClientBuilder({ logger, offline: true, bootstrapProvider }).build();
    await client.waitForInitialization();
    await client.close();
    assert.match(logger.records.find(([level]) => level === 'error')[1], /mine/);
  });

  test('providers can be asked for their data', async () => {
    const read = (provider) =>
      new Promise((resolve) => provider.populate({ init: (data, callback) => (callback?.(), resolve(data)) }));
    const { flags, segments } = await read(new JsonBootstrapProvider(JSON.stringify(sampleMessage)));
    assert.deepEqual(Object.keys(flags), ['checkout', 'banner', 'limit', 'layout', 'off']);
    assert.equal(flags.banner.version, Date.parse('2024-01-01T00:00:00.000Z'));
    assert.deepEqual(segments, {});
    assert.deepEqual(await read(new NullBootstrapProvider()), { flags: {}, segments: {} });
  });
});

describe('a data source of the program', () => {
  const online = { sdkKey: 'k', disableEvents: true };

  test('delivers all flags, and says when the client is ready', async () => {
    let deliver;
    const store = new InMemoryStore();
    const calls = [];
    const client = new FbClientBuilder({ ...online, logger: keepingLogger(), store })
      .dataSynchronizer((context, given, updates, onReady, onError) => {
        assert.equal(given, store);
        assert.equal(context.sdkKey, 'k');
        deliver = { updates, onReady, onError };
        return { start: () => calls.push('start'), stop() {}, close: () => calls.push('close') };
      })
      .build();
    assert.equal(client.initialized(), false);
    assert.equal((await client.boolVariationDetail('f', pro, false)).kind, 'ClientNotReady');
    const changes = [];
    client.on('update', (keys) => changes.push(keys));
    const ready = once(client, 'ready');
    deliver.updates.init({ flags: { f: { ...textFlag('f', 'one'), version: 1 } }, segments: {} }, deliver.onReady);
    assert.equal(client.initialized(), true);
    assert.equal(await client.stringVariation('f', pro, 'x'), 'one');
    await ready;
    const changed = once(client, 'update:f');
    deliver.updates.upsert(DataKinds.Flags, { ...textFlag('f', 'two'), version: 2 }, () => calls.push('upserted'));
    assert.equal(await client.stringVariation('f', pro, 'x'), 'two');
    deliver.updates.upsert(DataKinds.Flags, { ...textFlag('f', 'old'), version: 1 }, () => {});
    assert.equal(await client.stringVariation('f', pro, 'x'), 'two');
    assert.deepEqual(await changed, ['f']);
    const error = once(client, 'error');
    deliver.onError(new Error('mine'));
    assert.equal((await error)[0].message, 'mine');
    await client.close();
    assert.deepEqual(calls, ['start', 'upserted', 'close']);
    assert.equal(store.get(DataKinds.Flags, 'f').version, 2);
  });

  test('TestData changes flags of clients that use it', async () => {
    const testData = new integrations.TestData();
    const build = () =>
      new FbClientBuilder({ ...online, logger: new integrations.TestLogger() })
        .dataSynchronizer(testData.getFactory())
        .build();
    const flag = new integrations.FlagBuilder()
      .key('f')
      .variationType('boolean')
      .variations([
        { id: 'yes', value: 'true' },
        { id: 'no', value: 'false' },
      ])
      .disabledVariationId('no')
      .fallthrough({
        dispatchKey: '',
        includedInExpt: false,
        variations: [{ id: 'yes', rollout: [0, 1], exptRollout: 0 }],
      });
    await using(build(), async (client) => {
      assert.equal(client.initialized(), true);
      assert.equal((await client.boolVariationDetail('f', pro, false)).kind, 'FlagNotFound');
      await testData.update(flag.build());
      assert.equal(await client.boolVariation('f', pro, false), true);
      await testData.update(flag.isEnabled(false).build());
      assert.equal((await client.boolVariationDetail('f', pro, true)).kind, 'Off');
      await using(build(), async (other) => assert.equal(await other.boolVariation('f', pro, true), false));
    });
    await testData.update(flag.build()); // nobody is left who would have to be told
  });

  test('FlagBuilder sets every member', () => {
    const rules = [{ id: 'r', name: 'r', dispatchKey: '', conditions: [], variations: [] }];
    const flag = new integrations.FlagBuilder()
      .id('i')
      .key('k')
      .version(3)
      .variationType('json')
      .targetUsers([{ keyIds: ['u'], variationId: 'v' }])
      .rules(rules)
      .exptIncludeAllTargets(false)
      .build();
    assert.deepEqual(
      [flag.id, flag.key, flag.version, flag.variationType, flag.rules, flag.exptIncludeAllTargets, flag.isEnabled],
      ['i', 'k', 3, 'json', rules, false, true],
    );
    assert.ok(Date.parse(flag.updatedAt) > 0);
  });
});
