// burgee/featbit against a server: streaming, polling, events, refusals.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import { open } from 'burgee';
import { FbClientBuilder, UserBuilder } from 'burgee/featbit';
import { featbitSecret, keepingLogger, messageOf, sampleMessage, textFlag, until, using } from './support/featbit.mjs';
import { events, folder, server, streaming } from './support/featbit_server.mjs';
import { startServer } from './support/server.mjs';

const pro = new UserBuilder('u-1').name('Ada').custom('plan', 'pro').build();

const polling = (options = {}) =>
  streaming({ dataSyncMode: 'polling', pollingUri: server.url, pollingInterval: 100, ...options });

/** Resolves with what a listener is told, whatever happens to the connection before; `once` rejects for an "error". */
const heard = (client, event) => new Promise((resolve) => client.once(event, resolve));

/** A client that has told of its first flags. */
async function settled(client) {
  await heard(client, 'update');
  return client;
}

for (const [mode, connect] of Object.entries({ streaming, polling })) {
  describe(mode, () => {
    test('brings the flags, and every change of them', async () => {
      const client = connect();
      const ready = once(client, 'ready');
      const first = once(client, 'update');
      await using(client, async () => {
        assert.equal(await client.waitForInitialization(), client);
        assert.equal(client.initialized(), true);
        await ready;
        assert.deepEqual((await first)[0].sort(), ['banner', 'checkout', 'layout', 'limit', 'off']);
        assert.equal(await client.boolVariation('checkout', pro, false), true);
        const changed = once(client, 'update');
        const named = once(client, 'update:banner');
        await server.send('PATCH', '/flag?key=banner', { variations: [{ id: 'only', value: 'bye' }] });
        assert.deepEqual(await changed, [['banner']]);
        assert.deepEqual(await named, ['banner']);
        assert.equal(await client.stringVariation('banner', pro, 'x'), 'bye');
        const archived = once(client, 'update:banner');
        await server.send('PATCH', '/flag?key=banner', { isArchived: true });
        await archived;
        assert.equal((await client.stringVariationDetail('banner', pro, 'x')).kind, 'FlagNotFound');
        assert.equal(client.status().state, 'READY');
      });
    });

    test('tells at once that the server refuses the secret', async () => {
      await server.send('PUT', '/auth', { secret: featbitSecret.replace('burgee', 'BURGEE') });
      const client = connect({ startWaitTime: 60_000, sdkKey: mode === 'polling' ? 'short' : featbitSecret });
      const failed = once(client, 'failed');
      await using(client, async () => {
        const refusal = await client.waitForInitialization().then(assert.fail, (error) => error);
        assert.equal((await failed)[0], refusal);
        assert.match(refusal.message, mode === 'polling' ? /401/ : /sdkKey is not that of an environment/);
        assert.equal(client.initialized(), false);
        assert.equal((await client.boolVariationDetail('checkout', pro, true)).kind, 'ClientNotReady');
        const { state, errorKind } = client.status();
        assert.deepEqual([state, errorKind], ['FATAL', 'Request invalid']);
        await assert.rejects(client.waitForInitialization(), refusal);
      });
    });

    test('waitForInitialization rejects after startWaitTime, and resolves once the server has answered', async () => {
      await server.send('PUT', '/faults', [{ kind: 'hang', times: -1 }]);
      const client = connect({ startWaitTime: 100, webSocketHandshakeTimeout: 200, requestTimeout: 200 });
      await using(client, async () => {
        assert.equal(client.initialized(), false);
        await assert.rejects(client.waitForInitialization(), { message: /No flags within 100 ms/ });
        await assert.rejects(client.waitForInitialization(), { message: /goes on trying/ });
        const { kind, reason, value } = await client.boolVariationDetail('checkout', pro, 'x');
        assert.deepEqual([kind, reason, value], ['ClientNotReady', 'client not ready', 'x']);
        const ready = heard(client, 'ready');
        await server.send('PUT', '/faults', []);
        await ready;
        assert.equal(await client.waitForInitialization(), client);
        assert.equal(await client.boolVariation('checkout', pro, false), true);
      });
    });
  });
}

test('a client that is closed before it is ready says so', async () => {
  await server.send('PUT', '/faults', [{ kind: 'hang', times: -1 }]);
  const client = streaming({ closeWait: 0 });
  const waiting = client.waitForInitialization();
  const closed = client.close();
  await assert.rejects(waiting, { message: /closed before it was ready/ });
  await assert.rejects(client.waitForInitialization(), { message: /closed before it was ready/ });
  await closed;
});

describe('a stream', () => {
  test('is taken up again, and brings what changed meanwhile', async () => {
    await using(await settled(streaming()), async (client) => {
      const errors = [];
      client.on('error', ({ message }) => errors.push(message));
      const changed = heard(client, 'update:banner');
      await server.send('PUT', '/faults', [{ kind: 'answer', status: 503, times: 1 }]);
      await server.send('POST', '/close', { code: 1011, reason: 'service unavailable' });
      await server.send('PATCH', '/flag?key=banner', { variations: [{ id: 'only', value: 'back' }] });
      await changed;
      assert.equal(await client.stringVariation('banner', pro, 'x'), 'back');
      assert.match(errors[0], /service unavailable/);
      assert.equal(client.initialized(), true);
    });
  });

  test('that brings what no client can read ends, and the flags stay', async () => {
    await using(await settled(streaming()), async (client) => {
      await server.send('POST', '/push', { messageType: 'pong' });
      await server.send('POST', '/push', { messageType: 'data-sync', data: 5 });
      await server.send('POST', '/push', [1, null]);
      const changed = once(client, 'update:limit');
      await server.send('PATCH', '/flag?key=limit', { variations: [{ id: 'only', value: '7' }] });
      await changed;
      const failed = once(client, 'failed');
      await fetch(`${server.control}/push`, { method: 'POST', body: '{oops' });
      await failed;
      assert.equal(client.status().errorKind, 'Received Data invalid');
      assert.equal(client.initialized(), true);
      assert.equal(await client.numberVariation('limit', pro, 1), 7);
    });
  });

  test('says that the clock is wrong when that is why it is refused', async () => {
    await server.send('PUT', '/clock', { offset_ms: -90_000 });
    await using(streaming(), (client) =>
      assert.rejects(client.waitForInitialization(), { message: /clock is 90 s ahead/ }),
    );
  });

  test('carries what FeatBit expects', async () => {
    await using(streaming(), async (client) => {
      await client.waitForInitialization();
      const { path, received } = (await server.send('GET', '/sockets')).at(-1);
      assert.match(path, /^\/streaming\?token=[A-Za-z0-9-]+&type=server$/);
      assert.deepEqual(JSON.parse(received[0]), { messageType: 'data-sync', data: { timestamp: 0 } });
      await client.close();
    });
  });

  test('is pinged', async () => {
    await using(streaming({ webSocketPingInterval: 100 }), async (client) => {
      await client.waitForInitialization();
      await until(async () =>
        (await server.send('GET', '/sockets')).at(-1).received.some((text) => text.includes('ping')),
      );
    });
  });
});

describe('flags of an earlier time', () => {
  const early = (text) => JSON.stringify(messageOf([textFlag('banner', text, { updatedAt: '2023-01-01T00:00:00Z' })]));

  test('of a bootstrap provider serve until the server answers', async () => {
    await server.send('PUT', '/faults', [{ kind: 'hang', times: 1 }]);
    const client = new FbClientBuilder({
      sdkKey: featbitSecret,
      streamingUri: server.url,
      eventsUri: server.url,
      webSocketHandshakeTimeout: 100,
      streamingFirstRetryDelay: 20,
      logger: keepingLogger(),
    })
      .useJsonBootstrapProvider(early('early'))
      .build();
    await using(client, async () => {
      assert.equal(client.initialized(), false);
      assert.equal(await client.stringVariation('banner', pro, 'x'), 'early');
      await client.waitForInitialization();
      assert.equal(await client.stringVariation('banner', pro, 'x'), 'hello');
    });
  });

  test('do when the server does not answer in time', async () => {
    await server.send('PUT', '/faults', [{ kind: 'hang', times: -1 }]);
    const client = new FbClientBuilder({
      sdkKey: featbitSecret,
      streamingUri: server.url,
      eventsUri: server.url,
      startWaitTime: 50,
      closeWait: 0,
      logger: keepingLogger(),
    })
      .useJsonBootstrapProvider(early('early'))
      .build();
    await using(client, async () => {
      assert.equal(await client.waitForInitialization(), client);
      assert.equal(await client.stringVariation('banner', pro, 'x'), 'early');
      assert.notEqual(client.status().state, 'READY');
    });
  });

  test('are kept in a file for the next start', async () => {
    const cachePath = join(folder, 'flags.cache');
    await using(streaming({ cachePath }), async (client) => {
      await client.waitForInitialization();
      await until(() => {
        try {
          return readFileSync(cachePath).length > 0;
        } catch {
          return false;
        }
      });
    });
    await server.send('PUT', '/faults', [{ kind: 'refuse', times: -1 }]);
    await using(streaming({ cachePath, startWaitTime: 50, closeWait: 0 }), async (client) => {
      assert.equal(await client.stringVariation('banner', pro, 'x'), 'hello');
      await client.waitForInitialization();
    });
  });
});

test('TLS: an authority of the company is trusted when it is named, and only then', async (t) => {
  const tls = join(folder, 'tls');
  const secured = await startServer(sampleMessage, '--backend', 'featbit', '--tls', tls);
  t.after(() => secured.close());
  const uris = { streamingUri: secured.url.replace('https', 'wss'), eventsUri: secured.url };
  await using(streaming({ ...uris, tlsConfig: { caCertFile: join(tls, 'ca.pem') } }), async (client) => {
    await client.waitForInitialization();
    await client.boolVariation('checkout', pro, false);
    assert.equal(await client.flush(), true);
    assert.equal((await secured.send('GET', '/events/count')).events, 1);
  });
  await using(streaming({ ...uris, startWaitTime: 300, closeWait: 0 }), (client) =>
    assert.rejects(client.waitForInitialization(), { message: /certificate/ }),
  );
});

describe('the unified surface', () => {
  const connect = (options = {}) =>
    open({
      backend: 'featbit',
      envSecret: featbitSecret,
      streamingUrl: server.url,
      eventUrl: server.url,
      eventsFlushInterval: 0.02,
      logLevel: 'error',
      ...options,
    });

  test('evaluates, explains and reports', async () => {
    await using(await connect(), async (client) => {
      const context = { targetingKey: 'u-1', name: 'Ada', plan: 'pro', age: 30, vip: true };
      assert.equal(client.boolean('checkout', false, context), true);
      assert.equal(client.number('limit', 1, context), 12.5);
      assert.deepEqual(client.object('layout', null, context), { columns: 3, names: ['a', 'b'] });
      const { version, ...metadata } = client.details('checkout', false, context).metadata;
      assert.ok(version >= 1);
      assert.deepEqual(metadata, {
        flagType: 'boolean',
        segments: [],
        vendorReason: 'rule match',
        flagName: 'CHECKOUT',
        ruleName: 'pro only',
        inExperiment: true,
      });
      const failed = client.details('nope', false, context);
      assert.deepEqual([failed.errorCode, failed.metadata], ['FLAG_NOT_FOUND', { vendorReason: 'flag not found' }]);
      assert.match(client.explain('checkout', context).text, /pro/);
      assert.equal(client.track('purchase', { value: 9.5, context }), true);
      assert.equal(await client.flush(), true);
      const bodies = await events();
      assert.equal(bodies.length, 5);
      assert.deepEqual(bodies[0].user.customizedProperties, [
        { name: 'plan', value: 'pro' },
        { name: 'age', value: '30' },
        { name: 'vip', value: 'True' },
      ]);
      assert.equal(bodies[4].metrics[0].numericValue, 9.5);
      const status = client.status();
      assert.deepEqual([status.state, status.backend, status.events.sent], ['READY', 'featbit', 5]);
      assert.ok(status.since <= Date.now());
    });
  });

  test('details agree with what the engine says in JSON', async () => {
    await using(await connect(), async (client) => {
      const context = { targetingKey: 'u-1', plan: 'pro' };
      const params = { key: 'checkout', type: 'boolean', default: false, context, exposure: false };
      assert.deepEqual(client.details('checkout', false, context), await client.call('resolve', params));
    });
  });

  test('says when the server refuses the client', async () => {
    await server.send('PUT', '/auth', { secret: featbitSecret.replace('burgee', 'BURGEE') });
    await using(await connect(), (client) => {
      const { state, errorKind, error } = client.status();
      assert.deepEqual([state, errorKind], ['FATAL', 'Request invalid']);
      assert.match(error, /env_secret/);
      assert.equal(client.details('checkout', false, { targetingKey: 'u' }).errorCode, 'PROVIDER_NOT_READY');
    });
  });
});
