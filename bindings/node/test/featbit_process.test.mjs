// burgee/featbit in processes of their own: exits, workers, and events that outlive the process.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import { run, start } from './support/children.mjs';
import { featbitSecret, sampleMessage } from './support/featbit.mjs';
import { eventCounts, folder, server } from './support/featbit_server.mjs';

/** Makes `build(options)` and `user(i)`; the client's log goes nowhere. */
const prelude = (options = {}) => `
  const { FbClientBuilder } = require('burgee/featbit');
  const build = (options) => new FbClientBuilder({
    sdkKey: ${JSON.stringify(featbitSecret)},
    streamingUri: ${JSON.stringify(server.url)},
    eventsUri: ${JSON.stringify(server.url)},
    logLevel: 'none',
    ...${JSON.stringify(options)},
    ...options,
  }).build();
  const user = (i) => ({ key: 'u-' + i, customizedProperties: [{ name: 'plan', value: 'pro' }] });
  const evaluate = (client, count) => { for (let i = 0; i < count; i++) client.boolVariation('checkout', user(i), false); };
`;
const clean = { code: 0, signal: null, stderr: '' };
const users = async () => (await eventCounts()).users;

describe('the end of a process', () => {
  const ways = {
    'that has nothing left to do': '',
    'by process.exit': 'process.exit(0);',
    'by process.exit while it closes': 'client.close(); process.exit(0);',
    'that listens for updates': "client.on('update', () => {});",
  };
  for (const [label, script] of Object.entries(ways)) {
    test(`${label} sends the events of a client that is not closed`, { timeout: 60_000 }, async () => {
      const source = `
        const client = build({ flushInterval: 60000 });
        client.waitForInitialization().then(() => { evaluate(client, 70); ${script} });`;
      // A client that is ready does not wait for the end of startWaitTime.
      assert.deepEqual(await run(prelude({ startWaitTime: 1e9 }) + source), { ...clean, stdout: '' });
      assert.equal(await users(), 70);
    });
  }

  test('waits for a client that is told of readiness by an event', async () => {
    const source = `const client = build(); client.on('ready', () => console.log('ready'));`;
    assert.deepEqual(await run(prelude() + source), { ...clean, stdout: 'ready\n' });
  });

  test('comes when the server does not answer within startWaitTime', async () => {
    await server.send('PUT', '/faults', [{ kind: 'hang', times: -1 }]);
    const source = `build().waitForInitialization().catch(({ message }) => console.log(message.slice(0, 24)));`;
    const ended = await run(prelude({ startWaitTime: 50, closeWait: 0 }) + source);
    assert.deepEqual(ended, { ...clean, stdout: 'No flags within 50 ms. T\n' });
  });

  test('works with a top-level await', async () => {
    const source = `
      import { FbClientBuilder } from 'burgee/featbit';
      const client = new FbClientBuilder({ logLevel: 'none' }).offline(true)
        .useJsonBootstrapProvider(${JSON.stringify(JSON.stringify(sampleMessage))}).build();
      await client.waitForInitialization();
      console.log(await client.stringVariation('banner', { key: 'u' }, 'x'), await client.flush());
      await client.close();`;
    assert.deepEqual(await run(source, { type: 'module' }), { ...clean, stdout: 'hello true\n' });
  });

  test('by an uncaught exception is as ever, and sends events', async () => {
    const source = `
      const client = build({ flushInterval: 60000 });
      client.waitForInitialization().then(() => { evaluate(client, 5); setTimeout(() => { throw new Error('mine'); }); });`;
    const { code, stderr } = await run(prelude() + source);
    assert.equal(code, 1);
    assert.match(stderr, /Error: mine/);
    assert.equal(await users(), 5);
  });
});

test('events in a spool outlive the process that is killed', { skip: process.platform === 'win32' }, async (t) => {
  const spoolPath = join(folder, 'spool');
  const begin = (source) => {
    const program = start(prelude({ spoolPath, flushInterval: 50 }) + source + 'setInterval(() => {}, 1000);');
    t.after(() => program.child.kill('SIGKILL'));
    return program;
  };
  await server.send('PUT', '/faults', [{ kind: 'answer', status: 503, path: '/insight/track', times: -1 }]);
  // Records of one size: two of them tell how much a thousand are.
  const program = begin(`
    const client = build();
    const spooled = async (bytes) => {
      while (client.status().events.spoolBytes < bytes) await new Promise((resolve) => setTimeout(resolve, 5));
      return client.status().events.spoolBytes;
    };
    client.waitForInitialization().then(async () => {
      client.boolVariation('checkout', user(1000), false);
      const one = await spooled(1);
      client.boolVariation('checkout', user(1001), false);
      const two = await spooled(one + 1);
      for (let i = 1002; i < 2000; i++) client.boolVariation('checkout', user(i), false);
      await spooled(two + 998 * (two - one));
      console.log('spooled');
    });`);
  await program.wrote('spooled');
  program.child.kill('SIGKILL');
  assert.equal((await program.ended).signal, 'SIGKILL');
  assert.equal((await eventCounts()).events, 0);
  await server.send('PUT', '/faults', []);
  begin('build();');
  await server.send('GET', '/wait?events=1000');
  const { events, users: different } = await eventCounts();
  assert.deepEqual([events, different], [1000, 1000]);
});

test('a client in each of some workers evaluates and reports', async () => {
  const worker = `
    ${prelude()}
    const { parentPort, workerData } = require('node:worker_threads');
    const client = build();
    client.waitForInitialization().then(async () => {
      for (let i = 0; i < 100; i++) {
        if (await client.boolVariation('checkout', user(workerData * 1000 + i), false) !== true) throw new Error('wrong');
      }
      await client.close();
      parentPort.postMessage('done');
    });`;
  const source = `
    const { Worker } = require('node:worker_threads');
    for (let i = 0; i < 4; i++) {
      new Worker(${JSON.stringify(worker)}, { eval: true, workerData: i }).on('message', console.log);
    }`;
  assert.deepEqual(await run(source), { ...clean, stdout: 'done\n'.repeat(4) });
  assert.equal(await users(), 400);
});

test('a worker that is ended sends the events of its client', async () => {
  const worker = `
    ${prelude({ flushInterval: 60_000 })}
    const client = build();
    client.waitForInitialization().then(() => {
      evaluate(client, 30);
      require('node:worker_threads').parentPort.postMessage('done');
    });
    setInterval(() => {}, 1000);`;
  const source = `
    const { Worker } = require('node:worker_threads');
    const worker = new Worker(${JSON.stringify(worker)}, { eval: true });
    worker.on('message', async () => { await worker.terminate(); console.log('ended'); });`;
  assert.deepEqual(await run(source), { ...clean, stdout: 'ended\n' });
  assert.equal(await users(), 30);
});

test('many clients one after the other leave nothing behind', async () => {
  const source = `
    (async () => {
      const { readdirSync } = require('node:fs');
      const descriptors = () => readdirSync('/proc/self/fd').length;
      const once = async () => {
        const client = build();
        await client.waitForInitialization();
        evaluate(client, 3);
        await client.close();
      };
      for (let i = 0; i < 10; i++) await once();
      const before = descriptors();
      for (let i = 0; i < 50; i++) await once();
      for (let i = 0; i < 400 && descriptors() > before + 4; i++) await new Promise((resolve) => setTimeout(resolve, 5));
      console.log(descriptors() <= before + 4);
    })();`;
  const ended = process.platform === 'linux' ? await run(prelude() + source) : { ...clean, stdout: 'true\n' };
  assert.deepEqual(ended, { ...clean, stdout: 'true\n' });
});
