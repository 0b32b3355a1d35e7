// What the vendor's SDKs answered, through newVisitor, fetchFlags and flags.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { DecisionMode, Flagship, FSSdkStatus, LogLevel } from 'burgee/flagship';
import { Recorder } from './support/flagship_recorder.mjs';
import { deviationsOf, oneCampaign, shownFlags, vectors, withoutTimes } from './support/flagship_vectors.mjs';

const quiet = { logLevel: LogLevel.NONE, fetchNow: false };

/** Starts the SDK with a file that is at hand. */
const startWith = (initialBucketing, options = {}) =>
  Flagship.start('env_id', 'api_key', {
    decisionMode: DecisionMode.BUCKETING_EDGE,
    initialBucketing,
    disableEvents: true,
    ...quiet,
    ...options,
  });

async function fetched(params) {
  const visitor = Flagship.newVisitor({ hasConsented: true, ...params });
  await visitor.fetchFlags();
  return visitor;
}

after(() => Flagship.close());

const files = {
  allocation_edges: 40,
  allocation_fractional: 60,
  duplicate_campaign_id: 1,
  example_environment: 13,
  groups: 14,
  missing_key_string_operator: 3,
  multi_campaign: 4,
  no_campaigns: 1,
  panic: 1,
  targeting_cases: 286,
  variation_groups: 7,
};

for (const [file, count] of Object.entries(files)) {
  describe(file, () => {
    const { bucketing, cases } = vectors(file);
    const want = deviationsOf(`${file}/js/`);
    before(async () => {
      assert.equal(cases.length, count);
      await startWith(bucketing);
    });
    for (const { name, visitor_id, context, expect, expect_js_5_1_6 = expect } of cases) {
      test(name, async () => {
        const visitor = await fetched({ visitorId: visitor_id, context });
        const expected = want(`${file}/js/${name}`, expect_js_5_1_6.flags);
        assert.deepEqual(shownFlags(visitor), expected);
        assert.equal(Flagship.getStatus() === FSSdkStatus.SDK_PANIC, expect_js_5_1_6.panic === true);
        for (const [key, { value, ...metadata }] of Object.entries(expected)) {
          const flag = visitor.getFlag(key);
          assert.deepEqual(flag.getValue(null, false) ?? null, value);
          assert.deepEqual({ ...flag.metadata, value }, { ...visitor.getFlags().getMetadata().get(key), value });
          for (const [member, expectedMember] of Object.entries(metadata)) {
            assert.deepEqual(flag.metadata[member], expectedMember, member);
          }
        }
      });
    }
  });
}

describe('allocation_hash', () => {
  const { columns, bucketing, rows } = vectors('allocation_hash');
  const other = vectors('allocation_hash_non_ascii');
  before(() => startWith(bucketing));
  const check = async (visitorId, expected) => {
    const visitor = await fetched({ visitorId });
    const found = {};
    for (const { variationGroupId, variationId } of visitor.getFlags().toJSON()) {
      found[variationGroupId] = variationId;
    }
    const wanted = {};
    columns.slice(1).forEach((group, i) => {
      if (expected[i] !== null) {
        wanted[group] = `${group}-v${expected[i]}`;
      }
    });
    assert.deepEqual(found, wanted);
  };
  assert.equal(rows.length, 248);
  for (const [id, ...expected] of rows) {
    test(id, () => check(id, expected));
  }
  for (const { visitor_id, js } of other.rows) {
    test(visitor_id, () => check(visitor_id, js));
  }
});

describe('targeting_matrix', () => {
  const { rows } = vectors('targeting_matrix');
  const want = deviationsOf('targeting_matrix/js/');
  const campaign = ({ id, operator, value }) => ({
    id,
    type: 'toggle',
    variationGroups: [
      {
        id: `vg-${id}`,
        targeting: { targetingGroups: [{ targetings: [{ operator, key: 'k', value }] }] },
        variations: [{ id: `va-${id}`, allocation: 100, modifications: { type: 'FLAG', value: { [id]: true } } }],
      },
    ],
  });
  before(() => startWith({ campaigns: rows.map(campaign) }));
  assert.equal(rows.length, 840);
  for (const { id, operator, context, js_5_1_6 } of rows) {
    test(`${id} ${operator}`, async () => {
      const visitor = await fetched({ visitorId: 'v', context: context === undefined ? {} : { k: context } });
      assert.equal(visitor.getFlag(id).exists(), want(`targeting_matrix/js/${id}`, js_5_1_6));
    });
  }
});

describe('malformed_files', () => {
  const { rows } = vectors('malformed_files');
  const want = deviationsOf('malformed_files/js/');
  const [neighbour] = oneCampaign({ ok: 1 }, { id: 'ok' }).campaigns;
  const [last] = oneCampaign({ last: 1 }, { id: 'last' }).campaigns;
  for (const { name, campaign, js_5_1_6 } of rows) {
    test(name, async () => {
      await startWith({ campaigns: [neighbour, campaign, last] });
      const visitor = await fetched({ visitorId: 'visitor_1' });
      assert.deepEqual([...visitor.getFlags().keys()].sort(), want(`malformed_files/js/${name}`, js_5_1_6.flags));
    });
  }
});

for (const [file, count] of Object.entries({ visitor_cache_history: 14, xpc: 6 })) {
  describe(file, () => {
    const { bucketing, cases } = vectors(file);
    assert.equal(cases.length, count);
    for (const { name, visitor_id, anonymous_id, context, consent = true, cache = {}, expect } of cases) {
      test(name, async () => {
        const calls = [];
        const written = [];
        const visitorCacheImplementation = {
          async lookupVisitor(id) {
            calls.push(['lookupVisitor', id]);
            return cache[id] ?? null;
          },
          cacheVisitor(id, record) {
            calls.push(['cacheVisitor', id]);
            written.push([id, record]);
          },
          async flushVisitor(id) {
            calls.push(['flushVisitor', id]);
          },
        };
        await startWith(bucketing, { visitorCacheImplementation });
        const params = { visitorId: anonymous_id ?? visitor_id, context, hasConsented: consent };
        const visitor = Flagship.newVisitor(params);
        if (anonymous_id !== null) {
          visitor.authenticate(visitor_id);
        }
        await visitor.fetchFlags();
        await Flagship.close(); // after everything that was queued before
        assert.deepEqual(shownFlags(visitor), expect.flags);
        assert.deepEqual(calls, expect.cache_calls ?? []);
        assert.deepEqual(written, expect.written ?? []);
      });
    }
  });
}

describe('decision_api', () => {
  const { cases } = vectors('decision_api');
  const want = deviationsOf('decision_api/js/');
  const first = {
    campaigns: [
      {
        id: 'c0',
        type: 'ab',
        variationGroupId: 'vg0',
        variation: { id: 'va0', reference: false, modifications: { type: 'FLAG', value: { before: 'yes' } } },
      },
    ],
  };
  let recorder;
  before(async () => {
    recorder = await Recorder.start();
  });
  after(() => recorder.close());
  assert.equal(cases.length, 15);
  for (const { name, http_status: status = 200, response, expect } of cases) {
    test(name, async () => {
      let answer = { status: 200, body: first };
      recorder.answer = ({ path }) => (path.includes('/campaigns') ? answer : undefined);
      await Flagship.start('env_id', 'api_key', {
        decisionMode: DecisionMode.DECISION_API,
        fetchFlagsBufferingTime: 0,
        disableEvents: true,
        ...recorder.urls,
        ...quiet,
      });
      const visitor = await fetched({ visitorId: 'v1' });
      answer = { status, body: response };
      await visitor.fetchFlags();
      const expected = want(`decision_api/js/${name}`, {
        flags: expect.flags,
        panic: expect.sdkStatus === 'SDK_PANIC',
        failed: expect.flagsStatus.reason !== 'NONE',
      });
      const panic = Flagship.getStatus() === FSSdkStatus.SDK_PANIC;
      assert.equal(panic, expected.panic);
      assert.equal(visitor.fetchStatus.reason === 'FETCH_ERROR', expected.failed);
      assert.deepEqual(shownFlags(visitor), panic ? {} : expected.flags);
    });
  }
});

describe('to_json_hex', () => {
  const { rows } = vectors('to_json_hex');
  const want = deviationsOf('to_json_hex/');
  before(() => startWith({ campaigns: [] }));
  const campaign = (value) => ({
    id: 'c1',
    name: 'Camp',
    slug: 's',
    type: 'ab',
    variationGroupId: 'vg1',
    variationGroupName: 'VG',
    variation: { id: 'va1', name: 'Va', reference: false, modifications: { type: 'FLAG', value: { f: value } } },
  });
  const read = (initialFlagsData) =>
    Flagship.newVisitor({ visitorId: 'v', hasConsented: true, initialFlagsData }).getFlag('f').getValue(null, false);
  for (const { value, serialized, decoded } of rows) {
    const name = JSON.stringify(value);
    test(name, () => {
      const visitor = Flagship.newVisitor({ visitorId: 'v', hasConsented: true, initialCampaigns: [campaign(value)] });
      const [ours] = JSON.parse(JSON.stringify(visitor.getFlags()));
      const expected = want(`to_json_hex/${name}`, serialized);
      assert.deepEqual(ours, expected);
      assert.deepEqual(Object.keys(ours), Object.keys(serialized));
      assert.deepEqual(read([ours]), value);
      // undefined was undecodable: the default counts, which is null here.
      assert.deepEqual(read([serialized]), decoded === '__undefined__' ? null : decoded);
    });
  }
});

describe('context_update', () => {
  const { rows } = vectors('context_update');
  const want = deviationsOf('context_update/js/');
  before(() => startWith({ campaigns: [] }));
  for (const { key, value, js } of rows.filter((row) => row.js !== undefined)) {
    const name = `${key}=${JSON.stringify(value)}`;
    test(name, () => {
      const visitor = Flagship.newVisitor({ visitorId: 'v', hasConsented: true });
      const before = visitor.context;
      visitor.updateContext({ [key]: value });
      const stored = want(`context_update/js/${name}`, js !== 'ignored');
      assert.deepEqual(visitor.context, stored ? { ...before, [key]: value } : before);
    });
  }
});

describe('flag_values', () => {
  const { rows } = vectors('flag_values');
  const values = {};
  rows.forEach(({ flag, value }) => flag !== 'unknown' && (values[flag] = value));
  let recorder;
  const results = [];
  const defaultOf = (row) => (row.default_undefined ? undefined : row.default);
  before(async () => {
    recorder = await Recorder.start();
    await startWith(oneCampaign(values), { disableEvents: false, ...recorder.urls });
    for (const [i, row] of rows.entries()) {
      const flagOf = async (way) => (await fetched({ visitorId: `${way}-${i}` })).getFlag(row.flag);
      const flag = await flagOf('getValue');
      const other = await flagOf('after');
      const alone = await flagOf('alone');
      const returns = flag.getValue(defaultOf(row));
      assert.deepEqual(other.getValue(defaultOf(row), false), returns);
      await other.visitorExposed();
      await alone.visitorExposed();
      results.push({ returns, exists: flag.exists(), status: flag.status });
    }
    await Flagship.close();
  });
  after(() => recorder.close());
  assert.equal(rows.filter(({ js }) => js !== undefined).length, rows.length);
  for (const [i, row] of rows.entries()) {
    test(`${JSON.stringify(row.value)} with the default ${JSON.stringify(defaultOf(row))}`, () => {
      const exposed = (way) =>
        recorder.requests.some(
          ({ path, body }) => path.endsWith('/activate') && body.batch.some(({ vid }) => vid === `${way}-${i}`),
        );
      const { returns, exists, status } = results[i];
      assert.deepEqual(
        {
          returns: returns === undefined ? '__undefined__' : returns,
          exposed_by_getValue: exposed('getValue'),
          exposed_by_visitorExposed_after_getValue: exposed('after'),
          exposed_by_visitorExposed_alone: exposed('alone'),
          exists,
          status,
        },
        row.js,
      );
    });
  }
});

describe('hits_js', () => {
  const { cases, other } = vectors('hits_js');
  const want = deviationsOf('hits_js/');
  let recorder;
  let errors = [];
  before(async () => {
    recorder = await Recorder.start();
    await startWith(
      { campaigns: [] },
      {
        disableEvents: false,
        hitDeduplicationTime: 0,
        logLevel: LogLevel.ERROR,
        onLog: (level, _tag, message) => level === LogLevel.ERROR && errors.push(message),
        ...recorder.urls,
      },
    );
  });
  after(() => recorder.close());
  /** The body of what leaves, or null. */
  const sent = async () => {
    await Flagship.close();
    const requests = recorder.requests.splice(0);
    assert.ok(requests.length <= 1);
    assert.ok(requests.every(({ method, path }) => method === 'POST' && path === '/events'));
    return requests.length === 0 ? null : withoutTimes(requests[0].body);
  };
  for (const { name, hit, sent: expected, errors: complaints } of cases) {
    test(name, async () => {
      const visitor = Flagship.newVisitor({ visitorId: 'visitor_1', hasConsented: true });
      if (name.includes('authenticated')) {
        visitor.authenticate(expected.h[0].cuid);
      }
      await sent();
      errors = [];
      await visitor.sendHit(hit);
      const body = await sent();
      assert.deepEqual(body, want(`hits_js/${name}`, expected));
      assert.equal(errors.length > 0, body === null && complaints.length > 0);
    });
  }
  const consents = {
    consent_true: () => Flagship.newVisitor({ visitorId: 'visitor_c', hasConsented: true }),
    consent_false_at_creation: () => Flagship.newVisitor({ visitorId: 'visitor_c2', hasConsented: false }),
    consent_true_authenticated: () =>
      Flagship.newVisitor({ visitorId: 'visitor_c3', hasConsented: true, isAuthenticated: true }),
    consent_false: async () => {
      const visitor = Flagship.newVisitor({ visitorId: 'visitor_c', hasConsented: true });
      await sent();
      visitor.setConsent(false);
    },
    several: async () => {
      const visitor = Flagship.newVisitor({ visitorId: 'visitor_m', hasConsented: true });
      await visitor.sendHits([
        { type: 'SCREENVIEW', documentLocation: 's1' },
        { type: 'SCREENVIEW', documentLocation: 's2' },
      ]);
    },
  };
  for (const { name, body } of other) {
    test(name, async () => {
      await sent();
      await consents[name]();
      const found = await sent();
      if (name === 'consent_true_authenticated') {
        assert.match(found.h[0].vid, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
        found.h[0].vid = '<uuid>';
      }
      assert.deepEqual(found, body);
    });
  }
});
