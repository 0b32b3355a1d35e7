// burgee/flipt: the surface of Flipt's clients for JavaScript.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import * as flipt from 'burgee/flipt';
import { FeatureFlagError } from 'burgee';
import { booleanFlag, documentOf, sample, variantFlag } from './support/documents.mjs';

const { BaseFliptClient, ClientOptionsFactory, ErrorStrategy, FliptClient, FliptEvaluationClient } = flipt;
const pro = { plan: 'pro' };

/** A fetcher that answers from a list; the last answer repeats. Remembers what it was asked. */
function fetcherOf(...answers) {
  const asked = [];
  const fetcher = async (options) => {
    asked.push(options);
    const { body = '', status = 200, etag } = answers[Math.min(asked.length, answers.length) - 1];
    return new Response(status === 304 ? null : body === '' ? '' : JSON.stringify(body), {
      status,
      statusText: `status ${status}`,
      headers: etag === undefined ? {} : { etag },
    });
  };
  return { fetcher, asked };
}

async function withClient(options, use) {
  const client = await FliptClient.init(options);
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}

/** Splits off what differs from call to call, after checking its form. */
function steady({ requestDurationMillis, timestamp, ...rest }) {
  assert.equal(typeof requestDurationMillis, 'number');
  assert.match(timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  return rest;
}

test('the module exports the names of Flipt', () => {
  const names = ['BaseFliptClient', 'ClientOptionsFactory', 'ErrorStrategy', 'FliptClient', 'FliptEvaluationClient'];
  assert.deepEqual(Object.keys(flipt).sort(), names);
  assert.deepEqual({ ...ErrorStrategy }, { Fail: 'fail', Fallback: 'fallback' });
  assert.deepEqual(ClientOptionsFactory.default(), {
    environment: 'default',
    namespace: 'default',
    url: 'http://localhost:8080',
    reference: '',
    updateInterval: 120,
    errorStrategy: 'fail',
  });
});

describe('responses', () => {
  test('of a variant', () =>
    withClient({ document: sample }, (client) => {
      assert.ok(client instanceof BaseFliptClient);
      assert.deepEqual(steady(client.evaluateVariant({ flagKey: 'theme', entityId: 'u', context: pro })), {
        match: true,
        segmentKeys: ['segment-theme'],
        reason: 'MATCH_EVALUATION_REASON',
        flagKey: 'theme',
        variantKey: 'amber',
        variantAttachment: '{"hex":"#FFBF00","list":[1,2]}',
      });
      assert.deepEqual(steady(client.evaluateVariant({ flagKey: 'limit', entityId: 'u', context: {} })), {
        match: false,
        segmentKeys: [],
        reason: 'UNKNOWN_EVALUATION_REASON',
        flagKey: 'limit',
        variantKey: '',
      });
    }));

  test('of a boolean', () =>
    withClient({ document: sample }, (client) => {
      assert.deepEqual(steady(client.evaluateBoolean({ flagKey: 'dark', entityId: 'u', context: {} })), {
        enabled: true,
        flagKey: 'dark',
        reason: 'DEFAULT_EVALUATION_REASON',
        segmentKeys: [],
      });
    }));

  test('of a batch, with a duration', () =>
    withClient({ document: sample, namespace: 'default' }, (client) => {
      const requests = ['theme', 'nope', 'dark'].map((flagKey) => ({ flagKey, entityId: 'u', context: pro }));
      const { responses, requestDurationMillis } = client.evaluateBatch(requests);
      assert.ok(requestDurationMillis >= 0);
      assert.deepEqual(
        responses.map(({ type, ...rest }) => [type, Object.keys(rest)]),
        [
          ['VARIANT_EVALUATION_RESPONSE_TYPE', ['variantEvaluationResponse']],
          ['ERROR_EVALUATION_RESPONSE_TYPE', ['errorEvaluationResponse']],
          ['BOOLEAN_EVALUATION_RESPONSE_TYPE', ['booleanEvaluationResponse']],
        ],
      );
      assert.equal(responses[0].variantEvaluationResponse.variantKey, 'amber');
      assert.deepEqual(responses[1].errorEvaluationResponse, {
        flagKey: 'nope',
        namespaceKey: 'default',
        reason: 'NOT_FOUND_ERROR_EVALUATION_REASON',
      });
    }));

  test('of a batch, in which a flag makes no sense', () => {
    const broken = { key: 'broken', type: 'VARIANT_FLAG_TYPE', enabled: true, rules: 5 };
    return withClient({ document: documentOf(broken, booleanFlag('dark', true)), namespace: 'default' }, (client) => {
      const request = { entityId: 'u', context: pro };
      const { responses } = client.evaluateBatch([
        { ...request, flagKey: 'broken' },
        { ...request, flagKey: 'dark' },
      ]);
      assert.deepEqual(responses[0], {
        type: 'ERROR_EVALUATION_RESPONSE_TYPE',
        errorEvaluationResponse: {
          flagKey: 'broken',
          namespaceKey: 'default',
          reason: 'UNKNOWN_ERROR_EVALUATION_REASON',
        },
      });
      assert.equal(responses[1].booleanEvaluationResponse.enabled, true);
      assert.throws(() => client.evaluateVariant({ ...request, flagKey: 'broken' }), /^Error: error parsing json: /);
    });
  });

  test('belong to the caller, who may change them', () =>
    withClient({ document: sample }, (client) => {
      const request = { flagKey: 'theme', entityId: 'u', context: pro };
      const first = client.evaluateVariant(request);
      first.segmentKeys.push('mine');
      first.variantKey = 'mine';
      const second = client.evaluateVariant(request);
      assert.deepEqual([second.segmentKeys, second.variantKey], [['segment-theme'], 'amber']);
    }));

  test('listFlags describes each flag', () =>
    withClient({ document: sample }, (client) => {
      assert.deepEqual(client.listFlags()[0], {
        key: 'dark',
        enabled: true,
        type: 'BOOLEAN_FLAG_TYPE',
        description: '',
      });
    }));

  test('a context may be left out, and values that are not strings are ignored', () =>
    withClient({ document: sample }, (client) => {
      assert.equal(client.evaluateVariant({ flagKey: 'theme', entityId: 'u' }).variantKey, 'plain');
      const context = { plan: { toString: () => 'pro' }, n: 5, b: true, z: null };
      assert.equal(client.evaluateVariant({ flagKey: 'theme', entityId: 'u', context }).variantKey, 'plain');
    }));
});

describe('errors', () => {
  const cases = [
    ['evaluateVariant', { flagKey: '', entityId: 'u' }, 'flagKey cannot be empty'],
    ['evaluateVariant', { flagKey: ' \n', entityId: 'u' }, 'flagKey cannot be empty'],
    ['evaluateVariant', { flagKey: undefined, entityId: 'u' }, 'flagKey cannot be empty'],
    ['evaluateBoolean', { flagKey: 'dark', entityId: ' ' }, 'entityId cannot be empty'],
    [
      'evaluateVariant',
      { flagKey: 'nope', entityId: 'u' },
      'invalid request: failed to get flag information default/nope',
    ],
    ['evaluateVariant', { flagKey: 'dark', entityId: 'u' }, 'invalid request: dark is not a variant flag'],
    ['evaluateBoolean', { flagKey: 'theme', entityId: 'u' }, 'invalid request: theme is not a boolean flag'],
  ];
  for (const [method, request, message] of cases) {
    test(`${method} ${JSON.stringify(request)}: ${message}`, () =>
      withClient({ document: sample }, (client) => {
        assert.throws(() => client[method]({ context: {}, ...request }), { name: 'Error', message });
      }));
  }

  test('a key that begins with white space or is not ASCII is no empty key', () =>
    withClient({ document: documentOf(booleanFlag(' b', true), booleanFlag('é', true)) }, (client) => {
      assert.equal(client.evaluateBoolean({ flagKey: ' b', entityId: 'é', context: {} }).enabled, true);
      assert.equal(client.evaluateBoolean({ flagKey: 'é', entityId: ' u', context: {} }).enabled, true);
    }));

  test('an unknown option rejects and is named', () =>
    assert.rejects(FliptClient.init({ document: sample, refresh: 5 }), (error) => {
      assert.ok(error instanceof FeatureFlagError);
      assert.match(error.message, /refresh is not an option/);
      return true;
    }));

  test('an unknown error strategy rejects and is named', () =>
    assert.rejects(FliptClient.init({ document: sample, errorStrategy: 'ignore' }), {
      code: 'INVALID_CONFIG',
      message: /errorStrategy/,
    }));
});

describe('snapshot', () => {
  test('goes out and comes in again, without a server', async () => {
    const snapshot = await withClient({ document: sample }, (client) => client.getSnapshot());
    const { fetcher } = fetcherOf({ status: 503 });
    await withClient({ snapshot, errorStrategy: 'fallback', fetcher, logLevel: 'error' }, (client) => {
      assert.equal(client.evaluateVariant({ flagKey: 'theme', entityId: 'u', context: pro }).variantKey, 'amber');
    });
  });

  test('does not save a start under "fail"', async () => {
    const snapshot = await withClient({ document: sample }, (client) => client.getSnapshot());
    const { fetcher } = fetcherOf({ status: 503 });
    const message = 'Failed to fetch data: status 503';
    await assert.rejects(FliptClient.init({ snapshot, fetcher }), { message });
    await assert.rejects(FliptClient.init({ snapshot, errorStrategy: 'fail', fetcher }), { message });
    await assert.rejects(FliptClient.init({ errorStrategy: 'fallback', fetcher }), { message });
  });

  test('that is none is INVALID_CONFIG', () =>
    assert.rejects(FliptClient.init({ snapshot: '!', document: sample }), {
      code: 'INVALID_CONFIG',
      message: /snapshot/,
    }));
});

describe('fetcher', () => {
  const changed = documentOf(variantFlag('theme', 'plan', 'pro', { variantKey: 'green' }));
  const theme = (client) => client.evaluateVariant({ flagKey: 'theme', entityId: 'u', context: pro }).variantKey;

  test('brings the flags, is given the etag, and a new document counts at once', async () => {
    const { fetcher, asked } = fetcherOf(
      { body: sample, etag: 'one' },
      { status: 304, etag: 'one' },
      { body: changed, etag: 'two' },
    );
    await withClient({ fetcher }, async (client) => {
      assert.equal(theme(client), 'amber');
      assert.equal(await client.refresh(), false);
      assert.equal(theme(client), 'amber');
      assert.equal(await client.refresh(), true);
      assert.equal(theme(client), 'green');
      assert.deepEqual(asked, [{}, { etag: 'one' }, { etag: 'one' }]);
    });
  });

  test('a 304 without an etag header changes nothing', async () => {
    const { fetcher } = fetcherOf({ body: sample, etag: 'one' }, { status: 304 });
    await withClient({ fetcher }, async (client) => assert.equal(await client.refresh(), false));
  });

  test('a failed refresh rejects under "fail", is false under "fallback", and never takes flags away', async () => {
    for (const errorStrategy of ['fail', 'fallback']) {
      const { fetcher } = fetcherOf({ body: sample, etag: 'one' }, { status: 500 });
      await withClient({ fetcher, errorStrategy, logLevel: 'error' }, async (client) => {
        if (errorStrategy === 'fail') {
          await assert.rejects(client.refresh(), { message: 'Failed to fetch data: status 500' });
        } else {
          assert.equal(await client.refresh(), false);
        }
        assert.equal(theme(client), 'amber');
      });
    }
  });

  test('a document that is refused does not count, and its etag neither', async () => {
    const { fetcher, asked } = fetcherOf(
      { body: sample, etag: 'one' },
      { body: { flags: 1 }, etag: 'two' },
      { body: changed, etag: 'three' },
    );
    await withClient({ fetcher, logLevel: 'error' }, async (client) => {
      await assert.rejects(client.refresh(), /error parsing json/);
      assert.equal(theme(client), 'amber');
      assert.equal(await client.refresh(), true);
      assert.equal(theme(client), 'green');
      assert.deepEqual(asked.at(-1), { etag: 'one' });
    });
  });

  test('is asked again every updateInterval', async () => {
    const { fetcher, asked } = fetcherOf({ body: sample, etag: 'one' }, { body: changed, etag: 'two' });
    await withClient({ fetcher, updateInterval: 0.01 }, async (client) => {
      const alive = setInterval(() => {}, 1000);
      await new Promise((resolve) => client.on('change', ({ version }) => version === 2 && resolve()));
      clearInterval(alive);
      assert.equal(theme(client), 'green');
    });
    const count = asked.length;
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(asked.length, count, 'close() ends it');
  });

  test('what it throws is what init rejects with', () =>
    assert.rejects(
      FliptClient.init({ fetcher: () => Promise.reject(new RangeError('mine')) }),
      new RangeError('mine'),
    ));
});

describe('hook', () => {
  const recorder = () => {
    const calls = [];
    return {
      calls,
      hook: { before: (data) => calls.push(['before', data]), after: (data) => calls.push(['after', data]) },
    };
  };

  test('hears before and after an evaluation', () => {
    const { calls, hook } = recorder();
    return withClient({ document: sample, hook }, (client) => {
      client.evaluateVariant({ flagKey: 'theme', entityId: 'u', context: pro });
      client.evaluateBoolean({ flagKey: 'dark', entityId: 'u', context: pro });
      assert.deepEqual(calls, [
        ['before', { flagKey: 'theme' }],
        [
          'after',
          {
            flagKey: 'theme',
            flagType: 'variant',
            value: 'amber',
            reason: 'MATCH_EVALUATION_REASON',
            segmentKeys: ['segment-theme'],
          },
        ],
        ['before', { flagKey: 'dark' }],
        [
          'after',
          { flagKey: 'dark', flagType: 'boolean', value: 'true', reason: 'DEFAULT_EVALUATION_REASON', segmentKeys: [] },
        ],
      ]);
    });
  });

  test('does not hear of an error afterwards, nor of a request that is refused at all', () => {
    const { calls, hook } = recorder();
    return withClient({ document: sample, hook }, (client) => {
      assert.throws(() => client.evaluateVariant({ flagKey: 'nope', entityId: 'u', context: {} }));
      assert.throws(() => client.evaluateVariant({ flagKey: '', entityId: 'u', context: {} }));
      assert.deepEqual(calls, [['before', { flagKey: 'nope' }]]);
    });
  });

  test('hears of every request of a batch first, and then of the results', () => {
    const { calls, hook } = recorder();
    return withClient({ document: sample, hook }, (client) => {
      client.evaluateBatch(['theme', 'nope', 'dark'].map((flagKey) => ({ flagKey, entityId: 'u', context: pro })));
      assert.deepEqual(
        calls.map(([when, { flagKey }]) => `${when} ${flagKey}`),
        ['before theme', 'before nope', 'before dark', 'after theme', 'after dark'],
      );
    });
  });
});

describe('FliptEvaluationClient', () => {
  test('takes the namespace and the parts of a request as arguments', async () => {
    const { fetcher } = fetcherOf({ body: { ...sample, namespace: { key: 'shop' } } });
    const client = await FliptEvaluationClient.init('shop', { fetcher });
    assert.equal(client.evaluateVariant('theme', 'u', pro).variantKey, 'amber');
    assert.equal(client.evaluateBoolean('dark', 'u', {}).enabled, true);
    assert.equal(client.evaluateBatch([{ flagKey: 'dark', entityId: 'u', context: {} }]).responses.length, 1);
    assert.equal(client.listFlags().length, 4);
    assert.throws(() => client.evaluateVariant('nope', 'u', {}), {
      message: /failed to get flag information shop\/nope/,
    });
    assert.equal(await client.refresh(), true);
    await client.close();
  });

  test('has the default namespace', async () => {
    const { fetcher } = fetcherOf({ body: sample });
    const client = await FliptEvaluationClient.init(undefined, { fetcher });
    assert.equal(client.evaluateBoolean('off', 'u', {}).enabled, false);
    await client.close();
  });
});
