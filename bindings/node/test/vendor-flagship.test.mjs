// burgee-local-server, asked by AB Tasty's SDK for JavaScript: what it gets from the real services works.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { apiKey, campaign, demo, environment, server, serveFlagship } from './support/flagship_server.mjs';
import { runSDK } from './support/flagship_sdk.mjs';

serveFlagship();

const sdk = (body, options) => runSDK(server, body, options);
const header = (request, name) => request.headers[name]?.[0];
const edge = { bundle: '@flagship.io/js-sdk/edge' };

/** Numbers that count milliseconds are not compared. */
const withoutAge = (hits) => hits.map(({ qt, ...hit }) => (assert.ok(qt >= 0), hit));

describe('DECISION_API', () => {
  test('decides for a visitor', async () => {
    const found = await sdk(`
      await start(DecisionMode.DECISION_API);
      const visitor = Flagship.newVisitor({ visitorId: 'qa-1', hasConsented: true, context: { vip: true, plan: 'pro' } });
      await visitor.fetchFlags();
      const layout = visitor.getFlag('checkout-layout');
      return {
        layout: layout.getValue('none', false), metadata: layout.metadata, status: visitor.fetchStatus ?? visitor.flagsStatus,
        theme: visitor.getFlag('checkout-theme').getValue({}, false), dark: visitor.getFlag('dark-mode').getValue(false, false),
        steps: visitor.getFlag('checkout-steps').getValue(0, false),
        unset: [visitor.getFlag('search-limit').exists(), visitor.getFlag('nothing').exists()],
      };`);
    assert.deepEqual(found, {
      layout: 'wizard',
      metadata: {
        campaignId: 'c-checkout',
        campaignName: 'Checkout layout',
        variationGroupId: 'vg-checkout-europe',
        variationGroupName: 'European shoppers',
        variationId: 'v-checkout-wizard',
        variationName: 'Wizard',
        isReference: false,
        campaignType: 'ab',
        slug: 'checkout-layout',
      },
      status: { status: 'FETCHED', reason: 'NONE' },
      theme: { color: 'green', rounded: true },
      dark: true,
      steps: 3,
      unset: [true, false],
    });
    const [asked] = await server.asked('/campaigns');
    assert.equal(asked.path, '/decision/v2/burgee-local/campaigns?exposeAllKeys=true&extras[]=accountSettings');
    assert.deepEqual(
      ['X-Api-Key', 'X-Sdk-Client', 'X-Sdk-Version', 'Content-Type'].map((name) => header(asked, name)),
      [apiKey, 'TypeScript', '5.1.6', 'application/json'],
    );
    assert.deepEqual(asked.json, {
      visitorId: 'qa-1',
      anonymousId: null,
      trigger_hit: false,
      context: { fs_client: 'TypeScript', fs_version: '5.1.6', fs_users: 'qa-1', vip: true, plan: 'pro' },
      visitor_consent: true,
    });
    const [settings] = await server.asked('/accountSettings.json');
    assert.equal(settings.path, '/cdn/burgee-local/accountSettings.json');
  });

  test('stops in panic', async () => {
    await server.replace({ ...demo(), panic: true });
    const found = await sdk(`
      await start(DecisionMode.DECISION_API);
      const visitor = Flagship.newVisitor({ visitorId: 'v', hasConsented: true });
      await visitor.fetchFlags();
      return [Flagship.getStatus(), visitor.flagsStatus.status, visitor.getFlag('dark-mode').getValue(false), sdk.FSSdkStatus.SDK_PANIC];`);
    assert.deepEqual(found.slice(1, 3), ['PANIC', false]);
    assert.equal(found[0], found[3]);
  });

  test('is let in by the key', async () => {
    const [status, error] = await sdk(
      `await start(DecisionMode.DECISION_API);
      const visitor = Flagship.newVisitor({ visitorId: 'v', hasConsented: false });
      const ready = new Promise((resolve) => visitor.on('ready', resolve));
      await visitor.fetchFlags();
      return [visitor.flagsStatus.status, (await ready).message];`,
      { key: 'wrong' },
    );
    assert.equal(status, 'FETCH_REQUIRED');
    assert.match(error, /Forbidden/);
  });
});

describe('BUCKETING', () => {
  test('asks for what changed', async () => {
    await server.replace(environment(campaign('greeting', 'first')));
    const later = environment(campaign('greeting', 'second'));
    const found = await sdk(`
      const dates = [], pages = [];
      let updated;
      await start(DecisionMode.BUCKETING, {
        pollingInterval: 1, onBucketingUpdated: (date) => { dates.push(date); updated?.(); },
      });
      const visitor = Flagship.newVisitor({ visitorId: 'v', hasConsented: true });
      const greeting = async () => {
        await visitor.fetchFlags();
        return visitor.getFlag('greeting').getValue('none', false);
      };
      const first = await greeting();
      await control('GET', '/wait?requests=3'); // a second and a third poll
      const seen = dates.length;
      const change = new Promise((resolve) => { updated = resolve; });
      await control('PUT', '/document', ${JSON.stringify(later)});
      await change;
      await new Promise((resolve) => setImmediate(resolve));
      return { first, seen, second: await greeting(), dates };`);
    assert.deepEqual([found.first, found.seen, found.second], ['first', 1, 'second']);
    const [before, after] = found.dates.map((date) => Date.parse(date));
    assert.ok(after >= before + 1000);

    const polls = await server.asked('/bucketing.json');
    assert.deepEqual(polls.map((poll) => header(poll, 'If-Modified-Since')).slice(0, 3), [
      undefined,
      new Date(before).toUTCString(),
      new Date(before).toUTCString(),
    ]);
    assert.equal(polls[0].path, '/cdn/burgee-local/bucketing.json');
    assert.equal(header(polls[0], 'X-Sdk-Client'), 'TypeScript');
  });

  test('keeps the file that it has', async () => {
    await server.replace(environment(campaign('greeting', 'kept')));
    await server.send('PUT', '/file-headers', { last_modified: false });
    const found = await sdk(`
      await start(DecisionMode.BUCKETING, { pollingInterval: 1 });
      await control('PUT', '/faults', [{ kind: 'answer', status: 503, path: 'bucketing', times: 1 }, { kind: 'garbage', path: 'bucketing' }]);
      await control('GET', '/wait?requests=3');
      const visitor = Flagship.newVisitor({ visitorId: 'v', hasConsented: true });
      await visitor.fetchFlags();
      return visitor.getFlag('greeting').getValue('none', false);`);
    assert.equal(found, 'kept');
    const polls = await server.asked('/bucketing.json', 3);
    assert.deepEqual(
      polls.slice(0, 3).map((poll) => [header(poll, 'If-Modified-Since'), poll.fault]),
      [
        [undefined, undefined],
        [undefined, 'answer'],
        [undefined, 'garbage'],
      ],
    );
  });

  test('reports the context, and what other vendors know', async () => {
    await server.setSegments('v', [
      { visitor_id: 'v', segment: 'gold', value: 'true', expiration: 1789771669, partner: 'mixpanel' },
    ]);
    const gold = [{ operator: 'EQUALS', key: 'mixpanel::gold', value: 'true' }];
    await server.replace(environment(campaign('perk', 'lounge', { targetings: gold })));
    const perk = await sdk(`
      await start(DecisionMode.BUCKETING, { pollingInterval: 0, fetchThirdPartyData: true });
      const visitor = Flagship.newVisitor({ visitorId: 'v', hasConsented: true, context: { age: 31, vip: true } });
      await visitor.fetchFlags();
      await control('GET', '/wait?hits=2');
      return visitor.getFlag('perk').getValue('none', false);`);
    assert.equal(perk, 'lounge');
    const segment = (await server.received()).find(({ kind }) => kind === 'segment');
    assert.deepEqual(withoutAge([segment.body]), [
      {
        vid: 'v',
        t: 'SEGMENT',
        cuid: null,
        s: {
          fs_client: 'TypeScript',
          fs_version: '5.1.6',
          fs_users: 'v',
          age: 31,
          vip: true,
          'mixpanel::gold': 'true',
        },
      },
    ]);
    const [asked] = await server.asked('/segments/accounts');
    assert.equal(asked.path, '/segments/accounts/burgee-local/segments/v');
  });
});

describe('BUCKETING_EDGE', () => {
  test('sends everything when it is closed', async () => {
    const value = await sdk(
      `await start(DecisionMode.BUCKETING_EDGE, { initialBucketing: ${JSON.stringify(demo())} });
      const visitor = Flagship.newVisitor({ visitorId: 'v', hasConsented: true });
      await visitor.fetchFlags();
      const value = visitor.getFlag('dark-mode').getValue(false);
      await visitor.sendHit({ type: HitType.SCREEN, documentLocation: 'home' });
      await Flagship.close();
      return value;`,
      edge,
    );
    assert.equal(value, true);
    assert.deepEqual(withoutAge(await server.activations(1)), [
      { vid: 'v', vaid: 'v-dark-mode-on', caid: 'vg-dark-mode', aid: null },
    ]);
    assert.deepEqual(
      (await server.hits(2)).map(({ t }) => t),
      ['EVENT', 'SCREENVIEW'],
    );
    assert.deepEqual(await server.asked('/bucketing.json'), []);
  });
});

describe('what is sent', () => {
  test('has the keys of the protocol', async () => {
    await sdk(`
      await start(DecisionMode.DECISION_API);
      const visitor = Flagship.newVisitor({ visitorId: 'v', hasConsented: true });
      await visitor.fetchFlags();
      visitor.getFlag('dark-mode').getValue(false);
      await visitor.sendHits([
        { type: HitType.PAGE, documentLocation: 'https://shop.test/cart', userIp: '127.0.0.1', screenResolution: '8x6', locale: 'fr', sessionNumber: 2 },
        { type: HitType.EVENT, category: EventCategory.ACTION_TRACKING, action: 'click', label: 'buy', value: 100 },
        { type: HitType.TRANSACTION, transactionId: '#1', affiliation: 'sale', taxes: 1.5, currency: 'EUR', couponCode: 'C',
          itemCount: 2, shippingMethod: 'post', shippingCosts: 3, totalRevenue: 99.9, paymentMethod: 'card' },
        { type: HitType.ITEM, transactionId: '#1', productName: 'Yellow shirt', productSku: 's-1', itemPrice: 9.5, itemQuantity: 2, itemCategory: 'shirts' },
      ]);
      await control('GET', '/wait?hits=5&activations=1');`);
    const [activation] = (await server.received()).filter(({ kind }) => kind === 'activation');
    assert.deepEqual(
      [activation.path, activation.user, activation.batch, activation.headers['X-Api-Key']],
      ['/decision/v2/activate', 'v', { cid: 'burgee-local' }, [apiKey]],
    );
    assert.deepEqual(withoutAge(await server.hits()), [
      { vid: 'v', t: 'EVENT', cuid: null, ec: 'User Engagement', ea: 'fs_consent', el: 'TypeScript:true' },
      {
        vid: 'v',
        t: 'PAGEVIEW',
        cuid: null,
        uip: '127.0.0.1',
        sr: '8x6',
        ul: 'fr',
        sn: 2,
        dl: 'https://shop.test/cart',
      },
      { vid: 'v', t: 'EVENT', cuid: null, ec: 'Action Tracking', ea: 'click', el: 'buy', ev: 100 },
      {
        ...{ vid: 'v', t: 'TRANSACTION', cuid: null, tid: '#1', ta: 'sale', tt: 1.5, tc: 'EUR', tcc: 'C', icn: 2 },
        ...{ sm: 'post', ts: 3, tr: 99.9, pm: 'card' },
      },
      { vid: 'v', t: 'ITEM', cuid: null, tid: '#1', in: 'Yellow shirt', ic: 's-1', ip: 9.5, iq: 2, iv: 'shirts' },
    ]);
    const kinds = (await server.received()).map(({ kind }) => kind);
    assert.deepEqual(kinds, ['activation', 'consent', 'hit', 'hit', 'hit', 'hit']);
    const [batch] = await server.asked('/events');
    const { h, ...outside } = batch.json;
    assert.deepEqual(withoutAge([outside]), [{ ds: 'APP', cid: 'burgee-local', t: 'BATCH' }]);
    assert.equal(header(batch, 'X-Sdk-Client'), undefined);
  });

  test('names somebody who has logged in', async () => {
    await sdk(`
      await start(DecisionMode.DECISION_API);
      const visitor = Flagship.newVisitor({ visitorId: 'before', hasConsented: true });
      visitor.authenticate('account');
      await visitor.fetchFlags();
      visitor.getFlag('dark-mode').getValue(false);
      await visitor.sendHit({ type: HitType.SCREEN, documentLocation: 'home' });
      await control('GET', '/wait?hits=2&activations=1');`);
    assert.deepEqual(
      (await server.received()).map(({ user, body: { vid, cuid, aid } }) => ({ user, vid, cuid, aid })),
      [
        { user: 'account', vid: 'account', cuid: undefined, aid: 'before' },
        { user: 'before', vid: 'before', cuid: null, aid: undefined },
        { user: 'account', vid: 'before', cuid: 'account', aid: undefined },
      ],
    );
    const [asked] = await server.asked('/campaigns');
    assert.deepEqual([asked.json.visitorId, asked.json.anonymousId], ['account', 'before']);
  });

  test('stays here without consent', async () => {
    await sdk(`
      await start(DecisionMode.DECISION_API);
      const visitor = Flagship.newVisitor({ visitorId: 'v', hasConsented: false });
      await visitor.fetchFlags();
      visitor.getFlag('dark-mode').getValue(false);
      await visitor.sendHit({ type: HitType.SCREEN, documentLocation: 'home' });
      visitor.setConsent(true);
      await control('GET', '/wait?hits=2');`);
    assert.deepEqual(
      (await server.hits()).map(({ ea, el }) => [ea, el]),
      [
        ['fs_consent', 'TypeScript:false'],
        ['fs_consent', 'TypeScript:true'],
      ],
    );
    assert.deepEqual(await server.activations(), []);
    assert.equal((await server.asked('/campaigns'))[0].json.visitor_consent, false);
  });

  test('comes again when it was refused', async () => {
    await server.refuse(['v']);
    await sdk(`
      await start(DecisionMode.DECISION_API);
      const visitor = Flagship.newVisitor({ visitorId: 'v', hasConsented: true });
      await visitor.fetchFlags();
      visitor.getFlag('dark-mode').getValue(false);
      await control('GET', '/wait?requests=4'); // settings, decision, activation, hits
      const { events } = await control('GET', '/events/count');
      if (events !== 0) throw new Error(events + ' events of a visitor who is refused');
      await control('PUT', '/refuse', { visitors: [] });
      await control('GET', '/wait?hits=1&activations=1');`);
    assert.equal((await server.received()).length, 2);
    assert.ok((await server.asked('/activate')).length > 1);
    assert.ok((await server.asked('/events')).length > 1);
  });
});
