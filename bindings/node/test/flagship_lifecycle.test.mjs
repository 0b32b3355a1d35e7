// The sequences of lifecycle_js.json, with the names of the vendor's reference. What is told, what is requested and what is
// read are three lists: between them there is no order, because requests take a way of their own.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';

import { CacheStrategy, DecisionMode, Flagship, FSSdkStatus, LogLevel } from 'burgee/flagship';
import { Recorder } from './support/flagship_recorder.mjs';
import { deviationsOf, oneCampaign, vectors } from './support/flagship_vectors.mjs';

const told = ['sdkStatus', 'flagsStatus', 'ready', 'onBucketingUpdated', 'lookupVisitor', 'cacheVisitor'];
const requested = ['POST campaigns', 'GET bucketing', 'GET'];
const docNames = {
  FLAGS_NEVER_FETCHED: 'VISITOR_CREATED',
  FLAGS_FETCHING_ERROR: 'FETCH_ERROR',
  FLAGS_FETCHED_FROM_CACHE: 'READ_FROM_CACHE',
};

const campaign = (f1 = 'on') => ({
  id: 'cmp_1',
  name: 'Camp',
  slug: 'slug-1',
  type: 'ab',
  variationGroupId: 'vg_1',
  variationGroupName: 'VG',
  variation: { id: 'var_1', name: 'Var', reference: true, modifications: { type: 'FLAG', value: { f1, nul: null } } },
});
const decision = { visitorId: 'v1', campaigns: [campaign()] };
const file = oneCampaign({ f1: 'on', f2: 2 });
const [firstDate, secondDate] = ['Wed, 01 Jan 2025 00:00:00 GMT', 'Thu, 02 Jan 2025 00:00:00 GMT'];

let recorder;
let events = [];
/** What the vendor answers, by a part of the path. */
let answers;
const note = (...event) => events.push(event);

before(async () => {
  recorder = await Recorder.start();
});
after(() => recorder.close());
afterEach(() => recorder.reset());

function answer({ path, body, headers }) {
  if (path.includes('/campaigns')) {
    note('POST campaigns', body.visitorId, body.anonymousId, body.visitor_consent);
    return answers.campaigns();
  }
  if (path.includes('/bucketing.json')) {
    note('GET bucketing', headers['if-modified-since'] ?? null);
    return answers.bucketing();
  }
  if (path.includes('/segments/')) {
    note('GET', `api-data-connector.flagship.io${path.slice('/segments'.length)}`);
    return answers.segments();
  }
  return undefined;
}

const start = (options = {}) =>
  Flagship.start('env_id', 'api_key', {
    fetchNow: false,
    logLevel: LogLevel.NONE,
    onSdkStatusChanged: (status) => note('sdkStatus', FSSdkStatus[status]),
    onBucketingUpdated: (date) => note('onBucketingUpdated', date.toISOString()),
    trackingManagerConfig: { batchIntervals: 1000, cacheStrategy: CacheStrategy.PERIODIC_CACHING },
    ...recorder.urls,
    ...options,
  });
const bucketing = (options = {}) => start({ decisionMode: DecisionMode.BUCKETING, pollingInterval: 0, ...options });

function make(params = {}) {
  const visitor = Flagship.newVisitor({
    visitorId: 'v1',
    hasConsented: true,
    onFetchFlagsStatusChanged: ({ status, reason }) => note('flagsStatus', status, reason),
    ...params,
  });
  visitor.on('ready', (error) => note('ready', error === undefined ? null : 'error'));
  return visitor;
}

const value = (visitor) => visitor.getFlag('f1').getValue('def', false);

/** The type of a campaign that is not known is an empty text here, and left out by the vendor's SDK. */
function metadata(visitor) {
  const { campaignType, ...known } = visitor.getFlag('f1').metadata;
  return campaignType === '' ? known : { campaignType, ...known };
}

const scenarios = {
  async 'before start'() {
    note('status', Flagship.getStatus());
    const visitor = make();
    note('ctx', visitor.context);
    await visitor.fetchFlags();
    await visitor.sendHit({ type: 'SCREENVIEW', documentLocation: 's' });
    note('value', visitor.getFlag('f1').getValue('def'), visitor.getFlag('f1').status);
    visitor.updateContext({ a: 1 });
    note('ctx', visitor.context);
    await settle();
  },
  async 'start without envId'() {
    await Flagship.start('', 'api_key', { logLevel: LogLevel.NONE });
    note('status', Flagship.getStatus());
  },
  async 'api: normal'() {
    await start();
    const visitor = make();
    await visitor.fetchFlags();
    note('value', value(visitor), visitor.fetchStatus);
  },
  async 'api: fetchNow'() {
    await start({ fetchNow: true });
    const visitor = make();
    await new Promise((resolve) => visitor.once('ready', resolve));
    await settle();
    note('value', value(visitor), visitor.fetchStatus);
  },
  async 'api: context update then refetch'() {
    await start();
    const visitor = make({ context: { a: 1 } });
    await visitor.fetchFlags();
    visitor.updateContext({ a: 1 });
    note('same context', visitor.fetchStatus);
    visitor.updateContext('a', 2);
    note('flag.status', visitor.getFlag('f1').status, value(visitor));
    await visitor.fetchFlags();
    visitor.updateContext({ b: null });
    visitor.clearContext();
    note('ctx', visitor.context);
    await settle();
  },
  async 'api: buffering'() {
    await start();
    const visitor = make();
    await visitor.fetchFlags();
    await visitor.fetchFlags();
    visitor.updateContext({ a: 2 });
    await visitor.fetchFlags();
  },
  async 'api: buffering 0'() {
    await start({ fetchFlagsBufferingTime: 0 });
    const visitor = make();
    await visitor.fetchFlags();
    await visitor.fetchFlags();
  },
  async 'api: concurrent fetch'() {
    await start();
    const visitor = make();
    await Promise.all([visitor.fetchFlags(), visitor.fetchFlags()]);
    note('second resolved, value', value(visitor));
  },
  async 'api: 500'() {
    await start();
    const visitor = make();
    await visitor.fetchFlags();
    note('value', value(visitor));
    visitor.updateContext({ a: 2 });
    answers.campaigns = () => ({ status: 500, body: 'oops' });
    await visitor.fetchFlags();
    note('value after failure', value(visitor), visitor.getFlag('f1').status, visitor.fetchStatus);
  },
  async 'api: timeout'() {
    await start({ timeout: 0.05 });
    answers.campaigns = () => new Promise(() => undefined);
    const visitor = make();
    await visitor.fetchFlags();
    note('value', value(visitor), visitor.fetchStatus);
  },
  async 'api: failure with visitor cache'() {
    const records = new Map();
    await start({
      visitorCacheImplementation: {
        async lookupVisitor(id) {
          note('lookupVisitor', id);
          return records.get(id) ?? null;
        },
        async cacheVisitor(id, record) {
          note('cacheVisitor');
          records.set(id, record);
        },
        async flushVisitor() {},
      },
    });
    await make().fetchFlags();
    answers.campaigns = () => ({ status: 500, body: 'x' });
    const visitor = make();
    await visitor.fetchFlags();
    note('value', value(visitor), visitor.fetchStatus, metadata(visitor));
  },
  async 'api: panic'() {
    await start();
    const visitor = make({ context: { p: 0 } });
    await visitor.fetchFlags();
    visitor.updateContext({ p: 1 });
    answers.campaigns = () => ({ status: 200, body: { panic: true, campaigns: [] } });
    await visitor.fetchFlags();
    const flag = visitor.getFlag('f1');
    note('status', Flagship.getStatus(), flag.status, flag.getValue('def'), flag.exists(), { ...flag.metadata });
    visitor.updateContext({ q: 1 });
    visitor.clearContext();
    note('ctx', visitor.context, false);
    visitor.authenticate('c1');
    note('ids', visitor.visitorId, visitor.anonymousId);
    answers.campaigns = () => ({ status: 200, body: decision });
    await visitor.fetchFlags();
    note('status', Flagship.getStatus(), value(visitor));
  },
  async 'api: authenticate'() {
    await start();
    const visitor = make({ visitorId: 'anon' });
    await visitor.fetchFlags();
    visitor.authenticate('cust');
    note('ids', visitor.visitorId, visitor.anonymousId, visitor.context.fs_users);
    await visitor.fetchFlags();
    visitor.authenticate('cust2');
    visitor.authenticate('');
    note('ids', visitor.visitorId, visitor.anonymousId);
    visitor.unauthenticate();
    visitor.unauthenticate();
    note('ids', visitor.visitorId, visitor.anonymousId);
    await visitor.fetchFlags();
  },
  async 'api: isAuthenticated at creation'() {
    await start();
    const visitor = make({ isAuthenticated: true });
    note('ids', visitor.visitorId, visitor.anonymousId.length === 36);
    note('generated', make({ visitorId: undefined }).visitorId.length === 36);
    note('empty id', make({ visitorId: '' }).visitorId.length);
    note('number id', make({ visitorId: 42 }).visitorId);
    await settle();
  },
  async 'api: no consent'() {
    await start();
    const visitor = make({ hasConsented: false });
    await visitor.fetchFlags();
    note('value', visitor.getFlag('f1').getValue('def'), visitor.fetchStatus);
  },
  async initialCampaigns() {
    await start();
    const visitor = make({ initialCampaigns: [campaign('init')] });
    note('value', value(visitor), visitor.fetchStatus, visitor.getFlag('f1').status);
    note('json', JSON.stringify(visitor.getFlags()));
    await settle();
  },
  async 'initialFlagsData wins'() {
    await start();
    const initialFlagsData = make({ initialCampaigns: [campaign('init')] })
      .getFlags()
      .toJSON();
    const others = [campaign('other')];
    let visitor = make({ initialFlagsData, initialCampaigns: others });
    note('value', value(visitor), visitor.fetchStatus);
    visitor = make({ initialFlagsData: [], initialCampaigns: others });
    note('empty list', value(visitor), visitor.fetchStatus);
    const broken = { key: 'f1', campaignId: 'c', variationGroupId: 'g', variationId: 'v', hex: 'zz' };
    visitor = make({ initialFlagsData: [broken] });
    note('bad hex', value(visitor), visitor.getFlag('f1').exists());
    await settle();
  },
  async instances() {
    await start();
    make();
    note('default saved', Flagship.getVisitor() !== undefined);
    const visitor = make({ shouldSaveInstance: true });
    note('saved', Flagship.getVisitor() === visitor);
    make();
    note('then a non saved one', Flagship.getVisitor() !== undefined);
    await settle();
  },
  async 'bucketing: normal'() {
    answers.bucketing = () => ({ status: 200, body: file, headers: { 'last-modified': firstDate } });
    await bucketing();
    const visitor = make();
    await visitor.fetchFlags();
    note('value', value(visitor));
  },
  async 'bucketing: polling 200, 304, 200'() {
    const dated = (body, date) => ({ status: 200, body, headers: { 'last-modified': date } });
    const script = [dated(file, firstDate), { status: 304 }, { status: 304 }, dated({ panic: true }, secondDate)];
    let goOn;
    const seen = new Promise((resolve) => (goOn = resolve));
    answers.bucketing = () => script.shift() ?? seen;
    const updates = [];
    await bucketing({
      pollingInterval: 0.1,
      onBucketingUpdated: (date) => {
        note('onBucketingUpdated', date.toISOString());
        updates.splice(0).forEach((resolve) => resolve());
      },
    });
    const updated = () => new Promise((resolve) => updates.push(resolve));
    await updated();
    note('-- panic is only seen at fetchFlags --');
    const visitor = make();
    await visitor.fetchFlags();
    note('status', visitor.getFlag('f1').status);
    goOn(dated(file, firstDate));
    await updated();
    answers.bucketing = () => new Promise(() => undefined);
  },
  async 'bucketing: first download fails'() {
    answers.bucketing = () => ({ status: 404, body: 'no' });
    await bucketing({ pollingInterval: 0.1 });
    note('status', Flagship.getStatus());
    const visitor = make();
    await visitor.fetchFlags();
    note('value', value(visitor), visitor.fetchStatus);
    answers.bucketing = () => ({ status: 200, body: file });
    while (Flagship.getStatus() !== FSSdkStatus.SDK_INITIALIZED) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    await settle();
  },
  async 'bucketing: initialBucketing'() {
    answers.bucketing = () => ({ status: 200, body: file });
    await bucketing({ initialBucketing: file });
    const visitor = make();
    await visitor.fetchFlags();
    note('value', value(visitor));
  },
  async edge() {
    await start({ decisionMode: DecisionMode.BUCKETING_EDGE, initialBucketing: file, fetchNow: true });
    const visitor = make();
    note('fetchNow ignored', visitor.fetchStatus);
    await visitor.fetchFlags();
    note('value', value(visitor));
  },
  async 'third party data'() {
    answers.bucketing = () => ({ status: 200, body: file });
    answers.segments = () => ({
      status: 200,
      body: [
        { visitor_id: 'v1', segment: 'seg1', value: 'yes', expiration: 1689771669, partner: 'mixpanel' },
        { visitor_id: 'v1', segment: 'seg2', value: '1', partner: 'segment.com' },
      ],
    });
    await bucketing({ fetchThirdPartyData: true });
    const visitor = make();
    await visitor.fetchFlags();
    note('ctx', visitor.context, visitor.fetchStatus);
  },
  async restart() {
    await start();
    await start();
    note('status', Flagship.getStatus());
  },
};

/** Resolves once everything that is queued has been told: before the start that is done by the status of another visitor. */
const settle = () =>
  Flagship.getStatus() === FSSdkStatus.SDK_NOT_INITIALIZED
    ? new Promise((resolve) => Flagship.newVisitor({ hasConsented: true, onFetchFlagsStatusChanged: resolve }))
    : Flagship.close();

const want = deviationsOf('sequence/lifecycle_js/');
const { scenarios: all } = vectors('lifecycle_js');
assert.deepEqual(
  Object.keys(scenarios),
  all.map(({ name }) => name),
);

for (const { name, events: vendors } of all) {
  test(name, { timeout: 30_000 }, async () => {
    events = [];
    answers = {
      campaigns: () => ({ status: 200, body: decision }),
      bucketing: () => ({ status: 200, body: file }),
      segments: () => ({ status: 200, body: [] }),
    };
    recorder.answer = answer;
    await scenarios[name]();
    recorder.answer = () => undefined;
    const expected = want(`sequence/lifecycle_js/${name}`, named(vendors));
    for (const [list, belongs] of Object.entries(lists)) {
      assert.deepEqual(plain(events).filter(belongs), plain(expected).filter(belongs), list);
    }
  });
}

const lists = {
  told: ([kind]) => told.includes(kind),
  requested: ([kind]) => requested.includes(kind),
  read: ([kind]) => ![...told, ...requested, 'buffered: value'].includes(kind),
};

function named(list) {
  return JSON.parse(JSON.stringify(list), (_name, member) => docNames[member] ?? member);
}

/** An error of a fetch has the words of the one who had it. */
function plain(list) {
  return list.map(([kind, ...rest]) => (kind === 'ready' && rest[0] !== null ? ['ready', 'error'] : [kind, ...rest]));
}
