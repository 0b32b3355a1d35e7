// The names, options and results of burgee/featbit, without a server.
import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { createRequire } from 'node:module';
import { after, before, describe, test } from 'node:test';

import { open } from 'burgee';
import {
  BasicLogger,
  ClientError,
  DataKinds,
  FbClientBuilder,
  InMemoryStore,
  integrations,
  ReasonKinds,
  SafeLogger,
  UserBuilder,
  ValueConverters,
} from 'burgee/featbit';
import { featbitFlag, keepingLogger, messageOf, sampleMessage, textFlag, using } from './support/featbit.mjs';

const pro = new UserBuilder('u-1').name('Ada').custom('plan', 'pro').build();
const free = { key: 'u-2' };

const offline = (message = sampleMessage, options = {}) =>
  new FbClientBuilder({ logger: keepingLogger(), ...options })
    .offline(true)
    .useJsonBootstrapProvider(JSON.stringify(message))
    .build();

describe('evaluation', () => {
  let client;
  before(() => (client = offline()));
  after(() => client.close());

  test('each method reads the text of the variation in its own way', async () => {
    assert.equal(await client.boolVariation('checkout', pro, false), true);
    assert.equal(await client.boolVariation('checkout', free, true), false);
    assert.equal(await client.stringVariation('banner', pro, 'x'), 'hello');
    assert.equal(await client.numberVariation('limit', pro, 1), 12.5);
    assert.deepEqual(await client.jsonVariation('layout', pro, null), { columns: 3, names: ['a', 'b'] });
    assert.equal(await client.stringVariation('checkout', pro, 'x'), 'true');
    assert.equal(await client.jsonVariation('limit', pro, null), 12.5);
  });

  test('a JSON value belongs to the caller', async () => {
    const first = await client.jsonVariation('layout', pro, null);
    first.columns = 4;
    assert.equal((await client.jsonVariation('layout', pro, null)).columns, 3);
  });

  test('details tell the kind and the reason', async () => {
    const detail = async (key, user, method = 'boolVariationDetail', fallback = false) =>
      client[method](key, user, fallback);
    assert.deepEqual(await detail('checkout', pro), {
      flagKey: 'checkout',
      kind: ReasonKinds.RuleMatch,
      reason: 'match rule pro only',
      value: true,
    });
    assert.deepEqual(await detail('checkout', free), {
      flagKey: 'checkout',
      kind: 'FallThrough',
      reason: 'fall through targets and rules',
      value: false,
    });
    assert.deepEqual(await detail('off', pro), { flagKey: 'off', kind: 'Off', reason: 'flag off', value: false });
    assert.deepEqual(await detail('banner', pro, 'numberVariationDetail', 7), {
      flagKey: 'banner',
      kind: 'WrongType',
      reason: 'type mismatch',
      value: 7,
    });
    assert.deepEqual(await detail('nope', pro, 'stringVariationDetail', 'x'), {
      flagKey: 'nope',
      kind: 'FlagNotFound',
      reason: 'flag not found: nope',
      value: 'x',
    });
  });

  test('a default is returned as it is', async () => {
    const fallback = { mine: [1] };
    assert.equal(await client.jsonVariation('nope', pro, fallback), fallback);
    assert.equal(await client.jsonVariation('banner', pro, fallback), fallback);
    assert.equal(await client.boolVariation('nope', pro, undefined), undefined);
  });

  test('users and flags that are none are answered, never thrown', async () => {
    const noUser = { kind: 'Error', reason: 'No user specified returning default value.' };
    const noKey = { kind: 'Error', reason: 'key is mandatory returning default value.' };
    for (const [user, want] of [
      [null, noUser],
      [undefined, noUser],
      [{}, noKey],
      [{ key: '' }, noKey],
      [{ key: ' \t' }, noKey],
      [{ key: 5 }, noKey],
      ['u', noKey],
    ]) {
      const { kind, reason, value } = await client.boolVariationDetail('checkout', user, 'mine');
      assert.deepEqual({ kind, reason, value }, { ...want, value: 'mine' });
    }
    for (const key of ['', undefined, null, 5, {}]) {
      const { kind, flagKey, reason } = await client.boolVariationDetail(key, pro, false);
      assert.deepEqual([kind, flagKey, reason], ['FlagNotFound', key, `flag not found: ${key}`]);
    }
  });

  test('attributes are texts; the first of a name counts, and what is none is left out', async () => {
    const plan = async (...properties) =>
      client.boolVariation('checkout', { key: 'u', customizedProperties: properties }, null);
    assert.equal(await plan({ name: 'plan', value: 'pro' }, { name: 'plan', value: 'free' }), true);
    assert.equal(await plan({ name: 'plan', value: 'free' }, { name: 'plan', value: 'pro' }), false);
    assert.equal(await plan(null, undefined, {}, { name: 5, value: 'x' }, { name: 'plan', value: 'pro' }), true);
    assert.equal(await plan({ name: 'plan', value: null }, { name: 'plan', value: 'pro' }), true);
    assert.equal(await plan({ name: 'plan', value: ['pro'] }), false);
    assert.equal(await client.boolVariation('checkout', { key: 'u', customizedProperties: 'plan' }, null), false);
    const equals = (value) => featbitFlag('f', { property: 'a', value });
    for (const [given, text] of [
      [18, '18'],
      [1e21, '1e+21'],
      [true, 'true'],
      [10n ** 20n, '100000000000000000000'],
      [new Date(0), '1970-01-01T00:00:00.000Z'],
    ]) {
      const user = new UserBuilder('u').custom('a', given).build();
      await using(offline(messageOf([equals(text)])), async (other) =>
        assert.equal(await other.boolVariation('f', user, null), true, text),
      );
    }
  });

  test('many and large attributes, and any text, reach the engine', async () => {
    const long = 'ü'.repeat(5000);
    const properties = Array.from({ length: 40 }, (_, i) => ({ name: `a${i}`, value: `v${i}` }));
    const user = { key: long, name: '\u{1F600}', customizedProperties: [...properties, { name: 'plan', value: long }] };
    await using(offline(messageOf([featbitFlag('f', { value: long })])), async (other) => {
      assert.equal(await other.boolVariation('f', user, null), true);
      assert.equal(await other.boolVariation('f', pro, null), false);
    });
  });

  test('an evaluation inside another, in a getter of its user, disturbs neither', async () => {
    let inner;
    const user = {
      key: 'u',
      customizedProperties: [
        { name: 'other', value: 'x' },
        {
          name: 'plan',
          get value() {
            inner = client.boolVariation('checkout', free, null);
            return 'pro';
          },
        },
      ],
    };
    assert.equal(await client.boolVariation('checkout', user, null), true);
    assert.equal(await inner, false);
  });

  test('each attribute is read once, whatever the user before was like and whatever its getter evaluates', async () => {
    const last = { name: 'last', value: 'y' };
    for (const before of [[], [{ name: 'other', value: 'x' }], [last], [{ name: 'other', value: 'x' }, last]]) {
      for (const name of [undefined, 'Ada']) {
        await client.boolVariation('checkout', { key: 'u-3', name, customizedProperties: before }, null);
        const reads = [];
        const inner = [];
        const getting = (attribute, value) => ({
          name: attribute,
          get value() {
            reads.push(attribute);
            inner.push(client.boolVariation('checkout', reads.length % 2 ? pro : free, null));
            return value;
          },
        });
        const properties = [{ name: 'other', value: 'x' }, getting('plan', 'pro'), getting('plan', 'free'), last];
        const user = { key: 'u-4', name, customizedProperties: properties };
        for (let round = 0; round < 3; round++) {
          assert.equal(await client.boolVariation('checkout', user, null), true);
        }
        assert.deepEqual(reads, ['plan', 'plan', 'plan', 'plan', 'plan', 'plan']);
        assert.deepEqual(await Promise.all(inner), [true, false, true, false, true, false]);
        user.customizedProperties = [{ name: 'other', value: 'x' }, getting('plan', 'free'), last];
        for (let round = 0; round < 3; round++) {
          assert.equal(await client.boolVariation('checkout', user, null), false);
        }
      }
    }
  });

  test('a getter that throws ends one evaluation only', async () => {
    const broken = {
      name: 'plan',
      get value() {
        throw new Error('no plan');
      },
    };
    for (let round = 0; round < 3; round++) {
      assert.throws(
        () => client.boolVariation('checkout', { key: 'u', customizedProperties: [broken] }, null),
        /no plan/,
      );
      assert.equal(await client.boolVariation('checkout', pro, null), true);
      assert.equal(await client.boolVariation('checkout', free, null), false);
    }
  });

  test('no user takes over an attribute of one before', async () => {
    const values = ['pro', 'free', 'other', 'free', 'other', 5, undefined, 'pro'.repeat(100)];
    let state = 1;
    const pick = (choices) => {
      state = (state * 48271) % 2147483647;
      return choices[Math.floor((state / 2147483647) * choices.length)];
    };
    for (let round = 0; round < 30_000; round++) {
      const properties = Array.from({ length: pick([0, 1, 2, 2, 3, 4, 5, 20]) }, () => ({
        name: pick(['plan', 'plan', 'other', 'name']),
        value: pick(values),
      }));
      const user = { key: `u-${pick([1, 2])}`, customizedProperties: properties };
      if (pick([0, 1])) {
        user.name = pick(['Ada', 'pro', '']);
      }
      const counts = properties.find(({ name, value }) => name === 'plan' && value !== undefined);
      assert.equal(await client.boolVariation('checkout', user, null), counts?.value === 'pro', JSON.stringify(user));
    }
  });

  test('a client of another kind in between changes nothing', async () => {
    const is = (property, value) => featbitFlag(property, { property, value });
    const message = messageOf([is('plan', 'pro'), is('name', 'Ada')]);
    const other = await open({ backend: 'featbit', document: message, logLevel: 'error' });
    const custom = (...names) => names.map((name) => ({ name, value: name === 'plan' ? 'pro' : 'x' }));
    await using(offline(message), async (mine) => {
      for (const context of [
        { plan: 5, name: 'Ada' },
        { plan: { a: 1 } },
        { plan: true, name: 'Ada' },
        { name: true, plan: 'x' },
        { name: { a: 1 }, plan: 'x' },
        { name: 'Ada', plan: 'x' },
      ]) {
        for (const [user, plan, name] of [
          [{ key: 'u', customizedProperties: custom('plan') }, true, false],
          [{ key: 'u', name: 'Ada' }, false, true],
          [{ key: 'u', name: 'Ada', customizedProperties: custom('name', 'plan') }, true, true],
          [{ key: 'u', customizedProperties: [{ name: 'name', value: 'Ada' }, ...custom('plan')] }, true, false],
        ]) {
          await mine.boolVariation('plan', { key: 'u-2', customizedProperties: custom('a', 'b') }, null);
          other.boolean('plan', false, { targetingKey: 'u', ...context });
          assert.equal(await mine.boolVariation('plan', user, null), plan);
          other.boolean('plan', false, { targetingKey: 'u', ...context });
          assert.equal(await mine.boolVariation('name', user, null), name);
        }
      }
    });
    await other.close();
  });

  test('evaluateCore converts as it is told, right now', () => {
    const shout = (text) => ({ isSucceeded: true, value: text.toUpperCase() });
    assert.equal(client.evaluateCore('banner', pro, 'x', shout).value, 'HELLO');
    const never = client.evaluateCore('banner', pro, 'x', () => ({ isSucceeded: false }));
    assert.deepEqual([never.kind, never.value], ['WrongType', 'x']);
    assert.equal(client.evaluateCore('limit', pro, 0, ValueConverters.number).value, 12.5);
    assert.equal(client.evaluateCore('nope', pro, 'x', shout).kind, 'FlagNotFound');
  });

  test('getAllVariations gives every flag as its text, in the order of the data', async () => {
    assert.deepEqual(await client.getAllVariations(pro), [
      { flagKey: 'checkout', kind: 'RuleMatch', reason: 'match rule pro only', value: 'true' },
      { flagKey: 'banner', kind: 'FallThrough', reason: 'fall through targets and rules', value: 'hello' },
      { flagKey: 'limit', kind: 'FallThrough', reason: 'fall through targets and rules', value: '12.5' },
      {
        flagKey: 'layout',
        kind: 'FallThrough',
        reason: 'fall through targets and rules',
        value: '{"columns":3,"names":["a","b"]}',
      },
      { flagKey: 'off', kind: 'Off', reason: 'flag off', value: 'false' },
    ]);
    assert.deepEqual(await client.getAllVariations({ key: '' }), []);
    assert.deepEqual(await client.getAllVariations(null), []);
  });

  test('getAllVariations answers a flag that makes no sense beside its neighbours, and no archived one', async () => {
    const flags = [
      featbitFlag('gone', { isArchived: true }),
      featbitFlag('odd', { rules: [], fallthrough: { variations: [] } }),
      textFlag('fine', 'x'),
    ];
    await using(offline(messageOf(flags)), async (other) =>
      assert.deepEqual(
        (await other.getAllVariations(pro)).map(({ flagKey, kind, reason, value }) => [flagKey, kind, reason, value]),
        [
          ['odd', 'Error', 'malformed flag', ''],
          ['fine', 'FallThrough', 'fall through targets and rules', 'x'],
        ],
      ),
    );
  });
});

describe('errors', () => {
  test('go to listeners of "error", and without them nowhere', async () => {
    await using(offline(), async (client) => {
      assert.equal(await client.boolVariation('nope', pro, false), false);
      const errors = [];
      client.on('error', (error) => errors.push(error));
      await client.boolVariation('nope', pro, false);
      await client.boolVariation('checkout', null, false);
      await client.boolVariation('checkout', { key: '' }, false);
      await client.boolVariation('banner', pro, false);
      await client.getAllVariations({ key: '' });
      client.track(null, 'x');
      assert.deepEqual(
        errors.map(({ message }) => message),
        [
          'flag not found: nope',
          'No user specified returning default value.',
          'key is mandatory returning default value.',
          'key is mandatory returning default value.',
          'No user specified returning default value.',
        ],
      );
      assert.ok(errors.every((error) => error instanceof ClientError && error.name === 'FbClientError'));
    });
  });

  test('track says what is wrong with an event, and never throws', async () => {
    const logger = keepingLogger();
    await using(offline(sampleMessage, { logger }), (client) => {
      client.track(pro, 'fine');
      client.track(pro, 'fine', -2.5);
      assert.deepEqual(
        logger.records.filter(([level]) => level === 'warn'),
        [],
      );
      client.track(null, 'a');
      client.track({ key: ' ' }, 'a');
      client.track(pro, '');
      client.track(pro, 5);
      client.track(pro, 'a', NaN);
      client.track(pro, 'a', '3');
      client.track(pro, 'a', null);
      const warnings = logger.records.filter(([level]) => level === 'warn').map(([, text]) => text);
      assert.equal(warnings.length, 7);
      assert.match(warnings[5], /the value of a is not a finite number/);
    });
  });
});

describe('life', () => {
  test('an offline client is ready at once, and tells it to those who listen', async () => {
    await using(offline(), async (client) => {
      assert.equal(client.initialized(), true);
      assert.ok(client instanceof EventEmitter);
      await once(client, 'ready');
      assert.equal(await client.waitForInitialization(), client);
      const { state, flags, error } = client.status();
      assert.deepEqual([state, flags, error], ['READY', 5, null]);
    });
  });

  test('an offline client without data knows no flag', async () => {
    await using(new FbClientBuilder({ logger: keepingLogger() }).offline(true).build(), async (client) => {
      assert.equal(client.initialized(), true);
      assert.equal((await client.boolVariationDetail('checkout', pro, true)).kind, 'FlagNotFound');
      assert.deepEqual(await client.getAllVariations(pro), []);
      assert.equal(await client.flush(), true);
    });
  });

  test('flush tells whether events are sent, to a callback too', async () => {
    await using(offline(), async (client) => {
      let told;
      assert.equal(await client.flush((sent) => (told = sent)), true);
      assert.equal(told, true);
    });
  });

  test('a closed client answers defaults, and may be closed again', async () => {
    const client = offline();
    await client.close();
    await client.close();
    const { kind, value } = await client.boolVariationDetail('checkout', pro, false);
    assert.deepEqual([kind, value], ['ClientNotReady', false]);
    assert.deepEqual(await client.getAllVariations(pro), []);
    client.track(pro, 'x');
    assert.equal(await client.flush(), false);
  });
});

describe('logging', () => {
  test('BasicLogger writes lines from its level on', () => {
    const lines = [];
    const write = (logger) =>
      ['debug', 'info', 'warn', 'error'].forEach((level) => logger[level]('%s is %d', level, 1));
    write(new BasicLogger({ destination: (line) => lines.push(line) }));
    write(new BasicLogger({ level: 'error', name: 'Mine', destination: (line) => lines.push(line) }));
    write(new BasicLogger({ level: 'none', destination: (line) => lines.push(line) }));
    write(new BasicLogger({ level: 'error', formatter: () => 'x', destination: (line) => lines.push(line) }));
    assert.deepEqual(lines, [
      'info: [FeatBit] info is 1',
      'warn: [FeatBit] warn is 1',
      'error: [FeatBit] error is 1',
      'error: [Mine] error is 1',
      'error: [FeatBit] x',
    ]);
    new BasicLogger({
      destination() {
        throw new Error('mine');
      },
    }).error('no harm');
    assert.throws(() => new BasicLogger({ destination: 'x' }), TypeError);
    assert.equal(typeof BasicLogger.get().info, 'function');
  });

  test('SafeLogger falls back where the logger of the program throws', () => {
    const fallback = keepingLogger();
    const broken = { ...keepingLogger(), warn: () => { throw new Error('mine'); } }; // prettier-ignore
    new SafeLogger(broken, fallback).warn('text');
    assert.equal(fallback.records.length, 2);
    assert.match(fallback.records[0][1], /mine/);
    assert.deepEqual(fallback.records[1], ['warn', 'text']);
    assert.throws(() => new FbClientBuilder({ offline: true, logger: { error() {} } }).build(), {
      message: 'Provided logger instance must support logger.warn(...) method',
    });
  });

  test('TestLogger keeps lines', () => {
    const logger = new integrations.TestLogger();
    logger.info('a', 1);
    logger.error('b');
    assert.deepEqual(logger.logs, ['a 1', 'b']);
    logger.reset();
    assert.deepEqual(logger.logs, []);
  });
});

test('ValueConverters', () => {
  const table = [
    ['true', true, undefined, 'true', true],
    ['FALSE', false, undefined, 'FALSE', undefined],
    [' true', undefined, undefined, ' true', true],
    ['1', undefined, 1, '1', 1],
    ['', undefined, 0, '', undefined],
    ['0x10', undefined, 16, '0x10', undefined],
    [' 5 ', undefined, 5, ' 5 ', 5],
    ['NaN', undefined, undefined, 'NaN', undefined],
    ['Infinity', undefined, Infinity, 'Infinity', undefined],
    ['{"a":1}', undefined, undefined, '{"a":1}', { a: 1 }],
    ['null', undefined, undefined, 'null', null],
  ];
  for (const [text, ...values] of table) {
    const results = ['bool', 'number', 'string', 'json'].map((name) => ValueConverters[name](text));
    assert.deepEqual(
      results,
      values.map((value) => (value === undefined ? { isSucceeded: false } : { isSucceeded: true, value })),
      text,
    );
  }
});

test('InMemoryStore holds what is newest', () => {
  const store = new InMemoryStore();
  assert.deepEqual([store.initialized(), store.version, store.get(DataKinds.Flags, 'a')], [false, 0, null]);
  store.init({ flags: { a: { key: 'a', version: 2 } }, segments: { s: { key: 's', version: 5 } } }, () => {});
  assert.deepEqual([store.initialized(), store.version], [true, 5]);
  let told = 0;
  store.upsert(DataKinds.Flags, { key: 'a', version: 2, other: true }, () => told++);
  store.upsert(DataKinds.Flags, { key: 'b', version: 9 }, () => told++);
  assert.deepEqual(store.all(DataKinds.Flags), { a: { key: 'a', version: 2 }, b: { key: 'b', version: 9 } });
  assert.deepEqual([store.version, told], [9, 2]);
  assert.equal(store.get(DataKinds.Flags, 'toString'), null);
  store.close();
});

test('UserBuilder', () => {
  assert.deepEqual(new UserBuilder('k').build(), { name: '', key: 'k', customizedProperties: [] });
  assert.deepEqual(new UserBuilder('k').name('n').custom('a', 'x').custom('b', 18).build(), {
    name: 'n',
    key: 'k',
    customizedProperties: [
      { name: 'a', value: 'x' },
      { name: 'b', value: 18 },
    ],
  });
});

test('require and import give the same classes', async () => {
  const required = createRequire(import.meta.url)('burgee/featbit');
  const imported = await import('burgee/featbit');
  assert.deepEqual(
    Object.keys(imported).filter((name) => name !== 'default'),
    Object.keys(required).sort(),
  );
  for (const [name, value] of Object.entries(required)) {
    assert.equal(imported[name], value, name);
  }
});
