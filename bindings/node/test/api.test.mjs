// The unified surface.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { Client, engineVersion, FeatureFlagError, open } from 'burgee';
import { FliptClient } from 'burgee/flipt';
import { booleanFlag, documentOf, sample, variantFlag } from './support/documents.mjs';
import { repository } from './support/paths.mjs';

const pro = { targetingKey: 'user-1', plan: 'pro' };

describe('evaluation', () => {
  let client;
  before(async () => (client = await open({ document: sample })));
  after(() => client.close());

  test('boolean gives the value, or the default for an unknown flag and for one of another type', () => {
    assert.equal(client.boolean('dark', false, pro), true);
    assert.equal(client.boolean('off', true, pro), false);
    assert.equal(client.boolean('nope', true, pro), true);
    assert.equal(client.boolean('theme', true, pro), true);
  });

  test('string gives the key of the chosen variant', () => {
    assert.equal(client.string('theme', 'x', pro), 'amber');
    assert.equal(client.string('theme', 'x', { targetingKey: 'u', plan: 'free' }), 'plain');
    assert.equal(client.string('theme', 'x'), 'plain');
    assert.equal(client.string('limit', 'x', { plan: 'free' }), 'x');
  });

  test('number reads the key of the chosen variant', () => {
    assert.equal(client.number('limit', 1, pro), 12.5);
    assert.equal(client.number('theme', 1, pro), 1);
  });

  test('object gives the attached JSON, frozen', () => {
    const value = client.object('theme', null, pro);
    assert.deepEqual(value, { hex: '#FFBF00', list: [1, 2] });
    assert.ok(Object.isFrozen(value) && Object.isFrozen(value.list));
    const fallback = { mine: true };
    assert.equal(client.object('dark', fallback, pro), fallback);
  });

  test('details tell where the value comes from', () => {
    assert.deepEqual(client.details('theme', 'x', pro), {
      key: 'theme',
      value: 'amber',
      variant: 'amber',
      reason: 'TARGETING_MATCH',
      metadata: {
        flagType: 'variant',
        segments: ['segment-theme'],
        attachment: '{"hex":"#FFBF00","list":[1,2]}',
        version: 1,
      },
    });
    assert.equal(client.details('dark', undefined).value, true);
    assert.equal(client.details('dark', null).reason, 'DEFAULT');
    assert.deepEqual(client.details('limit', {}, pro).errorCode, 'TYPE_MISMATCH');
  });

  test('details of a failed evaluation carry the default and the reason', () => {
    const { errorDetails, ...rest } = client.details('nope', 'x', pro);
    assert.deepEqual(rest, { key: 'nope', value: 'x', reason: 'ERROR', errorCode: 'FLAG_NOT_FOUND', metadata: {} });
    assert.match(errorDetails, /nope/);
    assert.equal(client.details(undefined, 'x').errorCode, 'INVALID_CONTEXT');
  });

  test('details agree with what the engine says in JSON', async () => {
    const reply = await client.call('resolve', { key: 'theme', type: 'string', default: 'x', context: pro });
    assert.deepEqual(client.details('theme', 'x', pro), reply);
  });

  test('all evaluates every flag', () => {
    assert.deepEqual(
      client.all(pro).map(({ key, value }) => [key, value]),
      [
        ['dark', true],
        ['limit', '12.5'],
        ['off', false],
        ['theme', 'amber'],
      ],
    );
  });

  test('flags describes every flag', () => {
    assert.deepEqual(
      client.flags().map(({ key, type, enabled }) => [key, type, enabled]),
      [
        ['dark', 'boolean', true],
        ['limit', 'variant', true],
        ['off', 'boolean', false],
        ['theme', 'variant', true],
      ],
    );
  });

  test('explain tells every step, for programs and for people', () => {
    const { trace, text } = client.explain('theme', pro);
    assert.equal(typeof trace, 'object');
    assert.match(text, /segment-theme/);
  });

  test('track is answered honestly, flush has nothing to do', async () => {
    assert.equal(client.track('purchase', { value: 9.5, context: pro, data: { sku: 'a' } }), false);
    assert.equal(await client.flush(), true);
  });

  test('status tells what the flags are worth', () => {
    const { ageMs, since, ...status } = client.status();
    assert.ok(ageMs >= 0 && since > 0 && since <= Date.now());
    assert.deepEqual(status, { state: 'READY', version: 1, flags: 4, origin: 'inline', error: null, backend: 'flipt' });
    assert.match(engineVersion(), /^\d+\.\d+\.\d+ go/);
  });

  test('a listener for an unknown event is refused', () => {
    assert.throws(() => client.on('changed', () => {}), { code: 'INVALID_REQUEST' });
  });
});

describe('context', () => {
  // What the engine sees of an attribute, from the trace of a constraint on it.
  const texts = {
    string: ['a', 'a'],
    'non-ASCII': ['Zoë Žižek 東京 🚀', 'Zoë Žižek 東京 🚀'],
    'a lone surrogate': ['a\ud800b', 'a\ufffdb'],
    NUL: ['a\0b', 'a\0b'],
    'very long': ['x'.repeat(100_000), 'x'.repeat(100_000)],
    'very long, non-ASCII': ['é'.repeat(50_000), 'é'.repeat(50_000)],
    'as long as its place': ['y'.repeat(192), 'y'.repeat(192)],
    'one longer': ['y'.repeat(193), 'y'.repeat(193)],
    'UTF-8 longer than its place': ['é'.repeat(150), 'é'.repeat(150)],
    number: [5, '5'],
    fraction: [0.1, '0.1'],
    'small number': [1e-7, '1e-7'],
    'large number': [1e21, '1e+21'],
    'minus zero': [-0, '0'],
    bigint: [12345678901234567890n, '12345678901234567890'],
    true: [true, 'true'],
    false: [false, 'false'],
    Date: [new Date(Date.UTC(2026, 0, 2, 3, 4, 5, 6)), '2026-01-02T03:04:05.006Z'],
    'String object': [new String('boxed'), 'boxed'],
    'Boolean object': [new Boolean(true), 'true'],
    toJSON: [{ toJSON: () => 'from toJSON' }, 'from toJSON'],
  };
  for (const [label, [value, text]] of Object.entries(texts)) {
    for (const crowd of [0, 20]) {
      test(`${label} reaches the engine as its text${crowd === 0 ? '' : ' among many attributes'}`, async () => {
        const client = await open({ document: documentOf(variantFlag('f', 'p', text)) });
        const context = Object.fromEntries(Array.from({ length: crowd }, (_, i) => [`other-${i}`, i]));
        assert.equal(client.string('f', 'no', { ...context, p: value }), 'hit');
        assert.equal(client.string('f', 'no', { ...context, p: 'something else' }), 'no');
        assert.equal(client.string('f', 'no', { p: value, ...context }), 'hit');
        await client.close();
      });
    }
  }

  test('objects, arrays and empty texts are taken, though no Flipt constraint can match them', async () => {
    const client = await open({ document: sample });
    for (const other of [{ a: [1, { b: null }], n: 1n }, [1, 'x'], {}, [], '']) {
      assert.equal(client.string('theme', 'x', { other, plan: 'pro' }), 'amber');
      assert.equal(client.details('theme', 'x', { plan: other }).errorCode, undefined);
    }
    await client.close();
  });

  const absent = {
    undefined: undefined,
    'a function': () => 'x',
    'a symbol': Symbol('x'),
    'toJSON without a result': { toJSON: () => undefined },
  };
  for (const [label, value] of Object.entries(absent)) {
    test(`${label} is as if absent`, async () => {
      const client = await open({ document: sample });
      assert.equal(client.string('theme', 'x', { plan: 'pro', other: value }), 'amber');
      assert.equal(client.string('theme', 'x', { plan: value }), 'plain');
      await client.close();
    });
  }

  test('NaN, infinities and an invalid Date are null', async () => {
    const client = await open({ document: sample });
    for (const plan of [NaN, Infinity, -Infinity, new Date(NaN), null]) {
      assert.equal(client.string('theme', 'x', { plan }), 'plain');
      assert.equal(client.details('theme', 'x', { plan }).errorCode, undefined);
    }
    await client.close();
  });

  test('a value that changes, moves or goes away is seen', async () => {
    const client = await open({ document: sample });
    const context = { targetingKey: 'u', a: 1, plan: 'pro', b: true };
    const see = () => client.string('theme', 'x', context);
    assert.equal(see(), 'amber');
    context.plan = 'free';
    assert.equal(see(), 'plain');
    context.plan = 'pro';
    assert.equal(see(), 'amber');
    delete context.a;
    assert.equal(see(), 'amber');
    context.plan = ['pro'];
    assert.equal(see(), 'plain');
    context.plan[0] = 'other';
    assert.equal(see(), 'plain');
    delete context.plan;
    assert.equal(see(), 'plain');
    context.b = 'pro';
    context.plan = 'pro';
    assert.equal(see(), 'amber');
    await client.close();
  });

  test('inherited attributes do not count', async () => {
    const client = await open({ document: sample });
    assert.equal(client.string('theme', 'x', Object.create({ plan: 'pro' })), 'plain');
    await client.close();
  });

  test('a cycle or a getter that throws is an error of the evaluation, not an exception', async () => {
    const client = await open({ document: sample });
    const cycle = {};
    cycle.self = cycle;
    const hostile = {
      get plan() {
        throw new Error('boo');
      },
    };
    assert.equal(client.details('theme', 'x', { cycle }).errorCode, 'INVALID_CONTEXT');
    assert.deepEqual(client.details('theme', 'x', hostile).errorDetails, 'boo');
    assert.equal(client.string('theme', 'x', pro), 'amber');
    await client.close();
  });

  test('a getter or toJSON that itself evaluates does not disturb the evaluation', async () => {
    const client = await open({ document: sample });
    const inner = () =>
      client.string('limit', 'no', { targetingKey: 'other', a: 'zzz', b: 'yyy', plan: 'pro', c: 'www' });
    const context = {
      targetingKey: 'u',
      first: 'zzz',
      get second() {
        return inner();
      },
      third: { toJSON: inner },
      plan: 'free',
    };
    assert.equal(client.string('theme', 'x', context), 'plain');
    assert.equal(client.string('theme', 'x', { ...context, third: { toJSON: inner }, plan: 'pro' }), 'amber');
    assert.equal(client.string('theme', 'x', { third: { toJSON: inner }, plan: 'pro' }), 'amber');
    assert.equal(client.string('theme', 'x', { plan: { toJSON: () => (inner(), 'pro') } }), 'amber');
    assert.equal(client.string('theme', 'x', { a: 'zzz', b: 'yyy', plan: 'free' }), 'plain');
    await client.close();
  });

  test('keys of any length and content are told apart', async () => {
    const keys = [
      'a',
      'a\0',
      'é',
      'é'.repeat(100),
      'é'.repeat(200),
      'k'.repeat(256),
      'k'.repeat(257),
      'k'.repeat(10_000),
      '',
    ];
    const client = await open({
      document: documentOf(...keys.map((key) => variantFlag(key, 'p', `p${key}`, { variantKey: `is ${key}` }))),
    });
    for (const key of keys) {
      assert.equal(client.string(key, 'x', { targetingKey: key, p: `p${key}` }), `is ${key}`);
    }
    await client.close();
  });

  test('a targeting key may be a number', async () => {
    const client = await open({ document: sample });
    assert.equal(client.string('theme', 'x', { targetingKey: 7, plan: 'pro' }), 'amber');
    assert.equal(client.details('theme', 'x', { targetingKey: {} }).errorCode, 'INVALID_CONTEXT');
    await client.close();
  });
});

describe('open', () => {
  test('names every unknown and wrong option, as it was written', async () => {
    const options = {
      document: sample,
      updateIntervall: 3,
      requestTimeout: 'soon',
      tls_config: { caFile: 'x' },
      namespace: 5,
    };
    await assert.rejects(open(options), (error) => {
      assert.ok(error instanceof FeatureFlagError);
      assert.equal(error.name, 'FeatureFlagError');
      assert.equal(error.code, 'INVALID_CONFIG');
      for (const name of ['updateIntervall', 'requestTimeout', 'namespace']) {
        assert.match(error.message, new RegExp(name));
      }
      return true;
    });
  });

  for (const [label, options] of Object.entries({
    'a function': { url: () => 'x' },
    NaN: { updateInterval: NaN },
    'an option in both spellings': { updateInterval: 1, update_interval: 2 },
    'an unknown backend': { backend: 'nobody' },
    'a bad proxy': { proxy: 'x' },
    'a cycle': { document: (() => { const a = {}; return (a.a = a); })() }, // prettier-ignore
  })) {
    test(`${label} is INVALID_CONFIG`, () => assert.rejects(open(options), { code: 'INVALID_CONFIG' }));
  }

  test('secrets are not in the message', async () => {
    await assert.rejects(open({ authentication: { clientToken: 'geheim', jwtToken: 'geheim' } }), (error) => {
      assert.doesNotMatch(error.message, /geheim/);
      return true;
    });
  });

  test('both spellings work', async () => {
    const client = await open({ document: sample, log_level: 'error', startWaitMs: 10 });
    await client.close();
  });

  test('reads a file and follows it', async () => {
    const client = await open({ backend: 'file', file: join(repository, 'testdata', 'flags', 'demo.json') });
    assert.equal(client.status().origin, 'file');
    assert.ok(client.flags().length > 0);
    await client.close();
  });

  test('a library that is missing or a stranger is an error that says so', async () => {
    const { run } = await import('./support/children.mjs');
    const script = `require('burgee').open({ document: {} }).catch((error) => console.log(error.code, error.message));`;
    const { stdout } = await run(script, { env: { BURGEE_LIBRARY: '/nowhere/libburgee.so' } });
    assert.match(stdout, /^GENERAL burgee: .*nowhere/);
  });
});

describe('close', () => {
  test('is idempotent, and evaluations afterwards give the default', async () => {
    const client = await open({ document: sample });
    assert.equal(client.string('theme', 'x', pro), 'amber');
    await Promise.all([client.close(), client.close()]);
    await client.close();
    assert.equal(client.string('theme', 'x', pro), 'x');
    assert.equal(client.boolean('dark', false), false);
    const { errorCode } = client.details('theme', 'x', pro);
    assert.ok(['INVALID_HANDLE', 'PROVIDER_NOT_READY'].includes(errorCode), errorCode);
    assert.equal(client.status().state, 'CLOSED');
    await assert.rejects(client.refresh(), FeatureFlagError);
  });

  test('Symbol.asyncDispose closes', async () => {
    const client = await open({ document: sample });
    await client[Symbol.asyncDispose ?? Symbol.for('Symbol.asyncDispose')]();
    assert.equal(client.status().state, 'CLOSED');
  });
});

describe('two clients', () => {
  test('do not mix up their flags', async () => {
    const one = await open({
      document: documentOf(booleanFlag('b', true), variantFlag('v', 'p', 'x', { variantKey: 'one' })),
    });
    const two = await open({
      document: documentOf(booleanFlag('b', false), variantFlag('v', 'p', 'x', { variantKey: 'two' })),
    });
    for (let i = 0; i < 100; i++) {
      assert.equal(one.boolean('b', false), true);
      assert.equal(two.boolean('b', true), false);
      assert.equal(one.string('v', '', { p: 'x' }), 'one');
      assert.equal(two.string('v', '', { p: 'x' }), 'two');
    }
    await Promise.all([one.close(), two.close()]);
  });
});

test('every error code of the engine has its place', async () => {
  const codes = JSON.parse(readFileSync(join(repository, 'testdata', 'abi', 'error_codes.json'), 'utf8'));
  const { errorCodes } = createRequire(import.meta.url)('../dist/errors.js');
  const list = Array.isArray(codes) ? codes : (codes.codes ?? codes);
  const pairs = Array.isArray(list)
    ? list.map((entry, index) => (typeof entry === 'string' ? [entry, index + 1] : [entry.code, entry.number]))
    : Object.entries(list);
  for (const [code, number] of pairs) {
    assert.equal(errorCodes[number], code);
  }
  assert.equal(errorCodes.length, pairs.length + 1);
});

test('CommonJS and ESM share one implementation', () => {
  const require = createRequire(import.meta.url);
  assert.equal(require('burgee').open, open);
  assert.equal(require('burgee').Client, Client);
});

test('what is no listener, no options or no credentials is refused where it is given', async () => {
  await assert.rejects(open(5), { code: 'INVALID_CONFIG' });
  await assert.rejects(open({ constructor: 1 }), /constructor is not an option/);
  const client = await open({ document: { namespace: { key: 'default' }, flags: [] } });
  assert.throws(() => client.on('status', 5), { code: 'INVALID_REQUEST' });
  assert.throws(() => client.on('constructor', () => {}), { code: 'INVALID_REQUEST' });
  await client.close();
  const flipt = await FliptClient.init({ document: { namespace: { key: 'default' }, flags: [] } });
  for (const wrong of [{ client_token: 'x' }, {}, null, { clientToken: 'x', jwtToken: 'y' }]) {
    assert.throws(() => flipt.updateAuthentication(wrong), TypeError);
  }
  flipt.close();
});
