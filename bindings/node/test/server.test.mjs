// Against a server process on 127.0.0.1.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';

import { open } from 'burgee';
import { FliptClient, FliptEvaluationClient } from 'burgee/flipt';
import { documentOf, sample, variantFlag } from './support/documents.mjs';
import { startServer } from './support/server.mjs';

const pro = { plan: 'pro' };
const changed = documentOf(variantFlag('theme', 'plan', 'pro', { variantKey: 'green' }));
const theme = (client) => client.evaluateVariant({ flagKey: 'theme', entityId: 'u', context: pro }).variantKey;
const serve = (server, document) => server.send('PUT', '/document?namespace=default', document);

/** Resolves with the next event that fits. The interval keeps the process alive meanwhile, which a client does not. */
function event(client, name, fits = () => true) {
  return new Promise((resolve) => {
    const alive = setInterval(() => {}, 1000);
    const listener = (value) => {
      if (fits(value)) {
        clearInterval(alive);
        client.off(name, listener);
        resolve(value);
      }
    };
    client.on(name, listener);
  });
}

describe('an open server', () => {
  let server;
  const clients = [];
  const init = async (options) => {
    const client = await FliptClient.init({ url: server.url, logLevel: 'error', ...options });
    clients.push(client);
    return client;
  };
  const faults = (...steps) => server.send('PUT', '/faults', steps);

  before(async () => (server = await startServer(sample)));
  after(() => server.close());
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close()));
    await server.send('DELETE', '/faults');
    await serve(server, sample);
    await server.send('DELETE', '/requests');
  });

  test('init brings the flags', async () => {
    const client = await init({ url: `${server.url}/` });
    assert.equal(theme(client), 'amber');
    assert.equal(client.status().origin, 'server');
  });

  test('refresh tells whether there was something new', async () => {
    const client = await init();
    assert.equal(await client.refresh(), false);
    await serve(server, changed);
    assert.equal(await client.refresh(), true);
    assert.equal(theme(client), 'green');
  });

  test('a failed refresh rejects under "fail", is false under "fallback", and never takes flags away', async () => {
    const failing = await init({ errorStrategy: 'fail' });
    const falling = await init({ errorStrategy: 'fallback' });
    await faults({ kind: 'answer', status: 404, times: -1 });
    await assert.rejects(failing.refresh(), /404/);
    assert.equal(await falling.refresh(), false);
    assert.equal(theme(failing), 'amber');
    assert.equal(theme(falling), 'amber');
    assert.equal(falling.status().state, 'STALE');
    assert.match(falling.status().error, /404/);
  });

  test('init rejects when the first fetch fails', async () => {
    await faults({ kind: 'answer', status: 404, times: -1 });
    await assert.rejects(init(), { name: 'Error', message: /404/ });
    await assert.rejects(init({ errorStrategy: 'fallback' }), /404/);
    await faults({ kind: 'garbage', times: -1 });
    await assert.rejects(init(), /error parsing json/);
  });

  test('init accepts a failed fetch with a snapshot and "fallback"', async () => {
    const snapshot = (await init()).getSnapshot();
    await faults({ kind: 'answer', status: 404, times: -1 });
    const client = await init({ snapshot, errorStrategy: 'fallback' });
    assert.equal(theme(client), 'amber');
    await assert.rejects(init({ snapshot }), /404/);
  });

  test('polling finds a change', async () => {
    const client = await init({ updateInterval: 0.1 });
    const change = event(client, 'change', ({ version }) => version === 2);
    await serve(server, changed);
    assert.deepEqual((await change).flags, ['dark', 'limit', 'off', 'theme']);
    assert.equal(theme(client), 'green');
  });

  test('streaming finds a change', async () => {
    const client = await init({ fetchMode: 'streaming' });
    const change = event(client, 'change', () => theme(client) === 'green');
    await serve(server, changed);
    await change;
  });

  test('the cache stands in for the server at the next start', async () => {
    const cachePath = join(server.folder, 'cache');
    const first = await init({ cachePath });
    await first.close();
    await faults({ kind: 'answer', status: 404, times: -1 });
    const client = await init({ cachePath });
    assert.equal(theme(client), 'amber');
    assert.equal(client.status().origin, 'cache');
  });

  test('sends environment, reference and namespace', async () => {
    await init({ environment: 'staging', reference: 'main', namespace: 'default' }).catch(() => undefined);
    const [{ path, headers }] = await server.send('GET', '/requests');
    assert.match(path, /namespace\/default\?reference=main$/);
    assert.equal(JSON.stringify(headers).toLowerCase().includes('staging'), true);
  });

  test('the older client works too', async () => {
    const client = await FliptEvaluationClient.init('default', { url: server.url });
    assert.equal(client.evaluateVariant('theme', 'u', pro).variantKey, 'amber');
    await client.close();
  });

  test('open resolves without flags, says what is wrong, and goes on trying', async () => {
    await faults({ kind: 'answer', status: 404, times: -1 });
    const client = await open({ url: server.url, updateInterval: 0.1, logLevel: 'warn' });
    clients.push(client);
    assert.equal(client.status().state, 'ERROR');
    assert.equal(client.details('theme', 'x', pro).errorCode, 'PROVIDER_NOT_READY');
    const log = await event(client, 'log');
    assert.deepEqual([log.level, log.logger], ['warn', 'burgee.flipt']);
    const ready = event(client, 'status', ({ state }) => state === 'READY');
    await server.send('DELETE', '/faults');
    assert.equal((await ready).flags, 4);
    assert.equal(client.string('theme', 'x', pro), 'amber');
  });

  test('a server that never answers does not hold up the event loop, nor close()', async () => {
    const client = await open({ url: server.url, logLevel: 'error' });
    await faults({ kind: 'hang', times: -1 });
    const refreshed = client.refresh().catch((error) => error);
    const opening = open({ url: server.url, startWaitMs: 300, logLevel: 'error' });
    let turns = 0;
    const counter = setInterval(() => turns++, 1);
    const second = await opening;
    assert.ok(turns > 20, `the event loop went round ${turns} times while open waited for 300 ms`);
    assert.equal(second.status().state, 'NOT_READY');
    assert.equal(client.string('theme', 'x', pro), 'amber');
    await Promise.all([client.close(), second.close()]);
    clearInterval(counter);
    assert.ok((await refreshed) instanceof Error);
  });
});

test('credentials are sent, can be changed, and are never shown', async (t) => {
  const server = await startServer(sample, '--token', 'first');
  t.after(() => server.close());
  await assert.rejects(FliptClient.init({ url: server.url, logLevel: 'error' }), /401/);
  await assert.rejects(
    FliptClient.init({ url: server.url, authentication: { clientToken: 'wrong-secret' }, logLevel: 'error' }),
    (error) => /401/.test(error.message) && !error.message.includes('wrong-secret'),
  );
  const client = await FliptClient.init({
    url: server.url,
    authentication: { clientToken: 'first' },
    logLevel: 'error',
  });
  assert.equal(theme(client), 'amber');
  await server.send('PUT', '/auth', { token: '', jwt: 'second' });
  await assert.rejects(client.refresh(), /401/);
  client.updateAuthentication({ jwtToken: 'second' });
  assert.equal(await client.refresh(), false);
  await client.close();
});

test('TLS needs the authority, which tlsConfig names', async (t) => {
  const { mkdtempSync, rmSync } = await import('node:fs');
  const { tmpdir } = await import('node:os');
  const folder = mkdtempSync(join(tmpdir(), 'burgee-tls-'));
  const server = await startServer(sample, '--tls', folder);
  t.after(async () => {
    await server.close();
    rmSync(folder, { recursive: true });
  });
  const options = { url: server.url, startWaitMs: 500, logLevel: 'error' };
  await assert.rejects(FliptClient.init(options));
  const client = await FliptClient.init({
    ...options,
    startWaitMs: 30000,
    tlsConfig: { caCertFile: join(folder, 'ca.pem') },
  });
  assert.equal(theme(client), 'amber');
  await client.close();
});
