// What a server hears from burgee/featbit.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import { integrations, UserBuilder } from 'burgee/featbit';
import { featbitVectors, messageOf, propertiesOf, textFlag, using, withDigits } from './support/featbit.mjs';
import { eventCounts, events, server, streaming } from './support/featbit_server.mjs';

const pro = new UserBuilder('u-1').name('Ada').custom('plan', 'pro').build();

describe('events', () => {
  test('tell what was served to whom, also when the type was another', async () => {
    await using(streaming(), async (client) => {
      await client.waitForInitialization();
      const user = new UserBuilder('u-2')
        .name('Bob')
        .custom('plan', 'pro')
        .custom('age', 18)
        .custom('vip', true)
        .build();
      await client.boolVariation('checkout', user, false);
      await client.numberVariation('banner', { key: 'u-3' }, 1);
      await client.boolVariation('nope', user, false);
      await client.boolVariation('checkout', { key: '' }, false);
      await client.getAllVariations(user);
      assert.equal(await client.flush(), true);
      const [first, second, ...rest] = await events();
      assert.deepEqual(rest, []);
      const { timestamp, ...variation } = first.variations[0];
      assert.ok(Math.abs(Date.now() - timestamp) < 60_000);
      assert.deepEqual(first.user, {
        keyId: 'u-2',
        name: 'Bob',
        customizedProperties: [
          { name: 'plan', value: 'pro' },
          { name: 'age', value: '18' },
          { name: 'vip', value: 'true' },
        ],
      });
      assert.deepEqual(variation, {
        featureFlagKey: 'checkout',
        sendToExperiment: true,
        variation: { id: 'yes', value: 'true', reason: 'rule match' },
      });
      assert.deepEqual(second.user, { keyId: 'u-3', name: '', customizedProperties: [] });
      assert.deepEqual(second.variations[0].variation, {
        id: 'only',
        value: 'hello',
        reason: 'fall through all rules',
      });
      const { accepted, sent, pending } = client.status().events;
      assert.deepEqual([accepted, sent, pending], [2, 2, 0]);
    });
  });

  test('tell once of a value that needs a larger buffer', async () => {
    const flags = Array.from({ length: 3 }, (_, i) => textFlag(`large-${i}`, 'x'.repeat(10_000 * (i + 1))));
    await server.send('PUT', '/document', messageOf(flags));
    await using(streaming(), async (client) => {
      await client.waitForInitialization();
      for (const { key } of flags) {
        assert.match(await client.stringVariation(key, pro, 'y'), /^x{10000}/);
      }
      await client.flush();
      assert.equal((await eventCounts()).events, 3);
    });
  });

  test('of one kind are counted each', async () => {
    await using(streaming(), async (client) => {
      await client.waitForInitialization();
      for (let i = 0; i < 3; i++) {
        client.track(pro, 'signup');
      }
      client.track(pro, 'purchase', 9.5);
      client.track(null, 'poison');
      client.track(pro, 'poison', NaN);
      assert.equal(await client.flush(), true);
      const metrics = (await events()).flatMap((event) => event.metrics);
      assert.deepEqual(
        metrics.map(({ eventName, numericValue }) => [eventName, numericValue]),
        [
          ['signup', 1],
          ['signup', 1],
          ['signup', 1],
          ['purchase', 9.5],
        ],
      );
      const { timestamp: _timestamp, ...metric } = metrics[0];
      assert.deepEqual(metric, {
        eventName: 'signup',
        numericValue: 1,
        route: 'index/metric',
        type: 'CustomEvent',
        appType: 'NodeJS-Server-SDK',
      });
    });
  });

  test('are sent by close', async () => {
    const client = streaming({ flushInterval: 60_000 });
    await client.waitForInitialization();
    for (let i = 0; i < 40; i++) {
      await client.boolVariation('checkout', { key: `u-${i}` }, false);
    }
    assert.equal((await eventCounts()).events, 0);
    await client.close();
    const { events: count, users } = await eventCounts();
    assert.deepEqual([count, users], [40, 40]);
  });

  test('wait for a server that is down', async () => {
    await using(streaming(), async (client) => {
      await client.waitForInitialization();
      await server.send('PUT', '/faults', [{ kind: 'answer', status: 503, path: '/insight/track', times: 3 }]);
      for (let i = 0; i < 10; i++) {
        await client.boolVariation('checkout', { key: `u-${i}` }, false);
      }
      await server.send('GET', '/wait?events=10');
      assert.equal((await eventCounts()).events, 10);
    });
  });

  test('are sent for flags of a data source of the program too', async () => {
    const testData = new integrations.TestData();
    const client = streaming({ dataSynchronizer: testData.getFactory(), tlsConfig: {}, cachePath: undefined });
    await using(client, async () => {
      await testData.update({ ...textFlag('own', 'x'), version: 1 });
      assert.equal(await client.stringVariation('own', pro, 'y'), 'x');
      client.track(pro, 'signup');
      assert.equal(await client.flush(), true);
    });
    const { flags, metrics } = await eventCounts();
    assert.deepEqual([flags, metrics], [1, 1]);
    assert.equal((await server.send('GET', '/sockets')).filter(({ open }) => open).length, 0);
  });

  test('go nowhere when they are disabled', async () => {
    await using(streaming({ disableEvents: true }), async (client) => {
      await client.waitForInitialization();
      await client.boolVariation('checkout', pro, false);
      client.track(pro, 'x');
      assert.equal(await client.flush(), true);
    });
    const requests = await server.send('GET', '/requests');
    assert.ok(requests.every(({ method }) => method !== 'POST'));
  });

  describe('of the vectors', () => {
    const text = readFileSync(join(featbitVectors, 'events.json'), 'utf8');
    const file = JSON.parse(text);
    const exact = withDigits(text);
    const wanted = (payload) =>
      JSON.parse(JSON.stringify(payload, (name, value) => (name === 'appType' ? 'NodeJS-Server-SDK' : value)));
    file.cases.forEach(({ name, call, payload }, index) => {
      const { user } = exact.cases[index].call;
      const known = ['variation', 'track_metric', 'get_all_latest_flag_variations'].includes(call.method);
      const { value, eventName = '' } = call;
      // Python's client sends values that the server refuses with all that travels along, and wants a name.
      if (
        !known ||
        typeof user?.name !== 'string' ||
        (value !== undefined && typeof value !== 'number') ||
        typeof eventName !== 'string'
      ) {
        return;
      }
      test(name, async () => {
        await server.send('PUT', '/document', file.data);
        await using(streaming(), async (client) => {
          await client.waitForInitialization();
          const custom = propertiesOf(user, ['key', 'keyid', 'name']);
          const nodeUser = { key: user.key, name: user.name, customizedProperties: custom };
          if (call.method === 'track_metric') {
            client.track(nodeUser, call.eventName, value);
          } else if (call.method === 'variation') {
            await client.stringVariation(call.key, nodeUser, 'x');
          } else {
            await client.getAllVariations(nodeUser);
          }
          await client.flush();
          const got = JSON.stringify(await events(), (member, content) => (member === 'timestamp' ? 0 : content));
          assert.deepEqual(JSON.parse(got), wanted(payload));
        });
      });
    });
  });
});
