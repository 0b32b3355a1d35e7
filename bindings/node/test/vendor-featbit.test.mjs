// burgee-local-server, asked by FeatBit's SDK for Node: what it gets from the real server works.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, test } from 'node:test';

import sdk from '@featbit/node-server-sdk';
import { startServer } from './support/server.mjs';

const { DataSyncModeEnum, FbClientBuilder, UserBuilder } = sdk;
const secret = 'burgee-local-secret-00local-environment-0000';
const ada = new UserBuilder('u-1').name('Ada').custom('country', 'FR').build();

const flag = (key, value) => ({
  id: `id-${key}`,
  key,
  name: key,
  variationType: 'string',
  variations: [{ id: 'v', name: '', value }],
  targetUsers: [],
  rules: [],
  isEnabled: true,
  disabledVariationId: 'v',
  fallthrough: { dispatchKey: null, includedInExpt: false, variations: [{ id: 'v', rollout: [0, 1], exptRollout: 1 }] },
  exptIncludeAllTargets: false,
  isArchived: false,
  updatedAt: '2024-03-05T09:30:00.123Z',
});

const environment = (...featureFlags) => ({
  messageType: 'data-sync',
  data: { eventType: 'full', featureFlags, segments: [] },
});

describe("FeatBit's SDK", () => {
  let server;
  const clients = [];

  beforeEach(async () => {
    server = await startServer(environment(flag('a', 'first')), '--backend', 'featbit');
  });

  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close()));
    await server.close();
  });

  async function connect(change = (builder) => builder) {
    const builder = new FbClientBuilder()
      .sdkKey(secret)
      .streamingUri(server.url.replace('http', 'ws'))
      .pollingUri(server.url)
      .eventsUri(server.url)
      .flushInterval(50)
      .logger({ log() {}, error() {}, warn() {}, info() {}, debug() {} });
    const client = change(builder).build();
    clients.push(client);
    await client.waitForInitialization();
    return client;
  }

  test('gets everything, and every change', async () => {
    const client = await connect();
    assert.equal(await client.stringVariation('a', ada, 'default'), 'first');
    for (const value of ['second', 'third']) {
      const updated = once(client, 'update:a');
      await server.send('PATCH', '/flag?key=a', { variations: [{ id: 'v', name: '', value }] });
      await updated;
      assert.equal(await client.stringVariation('a', ada, 'default'), value);
    }
    const [socket] = await server.send('GET', '/sockets');
    assert.match(socket.path, /^\/streaming\?type=server&token=[A-Za-z0-9_-]+$/);
    assert.deepEqual(JSON.parse(socket.received[0]), { messageType: 'data-sync', data: { timestamp: 0 } });
    assert.equal(socket.sent, 3);
  });

  test('reconnects with the version that it has', async () => {
    const client = await connect();
    await server.send('POST', '/close', { code: 1011, reason: 'service unavailable, close by server' });
    await server.send('PATCH', '/flag?key=a', { variations: [{ id: 'v', name: '', value: 'missed' }] });
    await once(client, 'update:a');
    assert.equal(await client.stringVariation('a', ada, 'default'), 'missed');
    const [, again] = await server.send('GET', '/sockets');
    assert.deepEqual(JSON.parse(again.received[0]).data, { timestamp: Date.parse('2024-03-05T09:30:00.123Z') });
  });

  test('delivers events', async () => {
    const client = await connect();
    await client.stringVariation('a', ada, 'default');
    client.track(ada, 'signup', 1.5);
    await server.send('GET', '/wait?events=2');
    const events = await server.send('GET', '/events');
    assert.deepEqual(
      events.map(({ user, flags, metrics }) => ({ user, flags, metrics })),
      [
        { user: 'u-1', flags: ['a'], metrics: undefined },
        { user: 'u-1', flags: undefined, metrics: ['signup'] },
      ],
    );
    assert.equal(events[1].body.metrics[0].appType, 'NodeJS-Server-SDK');
    const sent = (await server.send('GET', '/requests')).find(({ method }) => method === 'POST');
    assert.deepEqual(sent.headers.Authorization, [secret]);
  });

  test('polls', async () => {
    const client = await connect((builder) => builder.dataSyncMode(DataSyncModeEnum.POLLING).pollingInterval(50));
    assert.equal(await client.stringVariation('a', ada, 'default'), 'first');
    const updated = once(client, 'update:a');
    await server.send('PATCH', '/flag?key=a', { variations: [{ id: 'v', name: '', value: 'second' }] });
    await updated;
    assert.equal(await client.stringVariation('a', ada, 'default'), 'second');
    assert.deepEqual(await server.send('GET', '/sockets'), []);
  });

  test('stops with a wrong secret', async () => {
    await assert.rejects(connect((builder) => builder.sdkKey(secret.replace('b', 'c')).startWaitTime(500)));
    const sockets = await server.send('GET', '/sockets');
    assert.deepEqual(
      sockets.map(({ endedBy, code, reason }) => ({ endedBy, code, reason })),
      [{ endedBy: 'server', code: 4003, reason: 'invalid request, close by server' }],
    );
  });
});
