// burgee/flagship in programs of their own: how they end, workers, memory.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import { run, start } from './support/children.mjs';
import { apiKey, campaign, environment, envId, server, serveFlagship } from './support/flagship_server.mjs';

serveFlagship(environment(campaign('banner', 'hello')));

const prelude = (options = {}) => `
  const { Flagship, DecisionMode, HitType, LogLevel } = require('burgee/flagship');
  const begin = (more) => Flagship.start('${envId}', '${apiKey}', {
    decisionMode: DecisionMode.BUCKETING, pollingInterval: 0, logLevel: LogLevel.ERROR, fetchNow: false,
    cdnUrl: '${server.cdn}', decisionApiUrl: '${server.decision}', eventsUrl: '${server.url}/events',
    trackingManagerConfig: { batchIntervals: 1000 }, ...${JSON.stringify(options)}, ...more });
  const person = async (visitorId = 'v') => {
    const visitor = Flagship.newVisitor({ visitorId, hasConsented: true });
    await visitor.fetchFlags();
    return visitor;
  };
`;
const clean = { code: 0, signal: null, stderr: '' };
const consents = async (count) => (await server.hits(count)).filter(({ ea }) => ea === 'fs_consent').length;

describe('the end of a process', () => {
  const ways = {
    'that has nothing left to do': '',
    'by process.exit': 'process.exit(0);',
    'by process.exit while it closes': 'Flagship.close(); process.exit(0);',
    'that listens for statuses': 'Flagship.newVisitor({ hasConsented: true }).on("ready", () => {});',
  };
  for (const [label, script] of Object.entries(ways)) {
    test(`${label} sends what is pending`, { timeout: 60_000 }, async () => {
      const source = `(async () => {
        await begin();
        for (let i = 0; i < 30; i++) await person('v' + i);
        ${script}
      })();`;
      assert.deepEqual(await run(prelude() + source), { ...clean, stdout: '' });
      assert.ok((await consents(30)) >= 30);
    });
  }

  const fetches = {
    'a start that is awaited': 'await begin();',
    'a fetch that is awaited': 'begin(); await person();',
    'a fetch of the decision API': 'begin({ decisionMode: DecisionMode.DECISION_API }); await person();',
    closing: 'await begin(); await person(); await Flagship.close();',
  };
  for (const [label, script] of Object.entries(fetches)) {
    test(`waits for ${label}`, { timeout: 60_000 }, async () => {
      const source = `(async () => { ${script} console.log('done'); })();`;
      assert.deepEqual(await run(prelude() + source), { ...clean, stdout: 'done\n' });
    });
  }

  test('does not wait for ever for a server that hangs', { timeout: 60_000 }, async () => {
    await server.fail({ kind: 'hang', times: -1 });
    const source = `(async () => { await begin({ timeout: 0.1 }); console.log(Flagship.getStatus()); })();`;
    const ended = await run(prelude({ closeWait: 0, logLevel: 0 }) + source);
    assert.deepEqual(ended, { ...clean, stdout: '1\n' });
  });

  test('by an uncaught exception is as ever, and sends what is pending', async () => {
    const source = `(async () => { await begin(); await person(); setTimeout(() => { throw new Error('mine'); }); })();`;
    const { code, stderr } = await run(prelude() + source);
    assert.equal(code, 1);
    assert.match(stderr, /Error: mine/);
    assert.equal(await consents(1), 1);
  });

  test('works with a top-level await', async () => {
    const source = `
      import Flagship, { DecisionMode } from 'burgee/flagship';
      const config = { decisionMode: DecisionMode.BUCKETING, cdnUrl: '${server.cdn}', disableEvents: true, logLevel: 0 };
      const flagship = await Flagship.start('${envId}', '${apiKey}', config);
      const visitor = flagship.newVisitor({ visitorId: 'v', hasConsented: true });
      await visitor.fetchFlags();
      console.log(visitor.getFlag('banner').getValue('x'));`;
    assert.deepEqual(await run(source, { type: 'module' }), { ...clean, stdout: 'hello\n' });
  });
});

test('hits in a spool outlive the process that is killed', { skip: process.platform === 'win32' }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'burgee-flagship-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  await server.fail({ kind: 'answer', status: 503, path: '/events', times: -1 });
  const begin = (source) => {
    const program = start(`${prelude({ spoolPath: folder, logLevel: 0 })} (async () => { await begin(); ${source} })();
      setInterval(() => {}, 1000);`);
    t.after(() => program.child.kill('SIGKILL'));
    return program;
  };
  const program = begin(`
    const visitor = await person('killed');
    for (let i = 0; i < 300; i++) visitor.sendHit({ type: HitType.SCREEN, documentLocation: 'screen ' + i });
    const { readdirSync, statSync } = require('node:fs');
    const bytes = () => readdirSync(${JSON.stringify(folder)}, { recursive: true })
      .reduce((sum, name) => sum + statSync(require('node:path').join(${JSON.stringify(folder)}, name)).size, 0);
    while (bytes() < 300 * 40) await new Promise((resolve) => setTimeout(resolve, 5));
    console.log('spooled');`);
  await program.wrote('spooled');
  program.child.kill('SIGKILL');
  await program.ended;
  await server.fail();
  begin('await Flagship.close();');
  const hits = await server.hits(301);
  assert.equal(new Set(hits.map(({ dl }) => dl)).size, 301);
});

test('the SDKs of some workers are different ones', async () => {
  const worker = `
    ${prelude()}
    const { parentPort, workerData } = require('node:worker_threads');
    (async () => {
      if (Flagship.getStatus() !== 0) throw new Error('started already');
      await begin();
      for (let i = 0; i < 50; i++) {
        const visitor = await person('worker ' + workerData + ' ' + i);
        if (visitor.getFlag('banner').getValue('x', false) !== 'hello') throw new Error('wrong');
      }
      await Flagship.close();
      parentPort.postMessage('done');
    })();`;
  const source = `
    const { Worker } = require('node:worker_threads');
    for (let i = 0; i < 4; i++) {
      new Worker(${JSON.stringify(worker)}, { eval: true, workerData: i }).on('message', console.log);
    }`;
  assert.deepEqual(await run(source), { ...clean, stdout: 'done\n'.repeat(4) });
  assert.equal(await consents(200), 200);
});

test('a worker that is ended sends what is pending', async () => {
  const worker = `
    ${prelude()}
    (async () => {
      await begin();
      for (let i = 0; i < 30; i++) await person('v' + i);
      require('node:worker_threads').parentPort.postMessage('done');
    })();
    setInterval(() => {}, 1000);`;
  const source = `
    const { Worker } = require('node:worker_threads');
    const worker = new Worker(${JSON.stringify(worker)}, { eval: true });
    worker.on('message', async () => { await worker.terminate(); console.log('ended'); });`;
  assert.deepEqual(await run(source), { ...clean, stdout: 'ended\n' });
  assert.equal(await consents(30), 30);
});

test('visitors that nobody keeps leave no memory', { timeout: 300_000 }, async () => {
  const source = `
    const held = () => {
      gc();
      const { rss, heapTotal, heapUsed } = process.memoryUsage();
      return rss - heapTotal + heapUsed;
    };
    const make = async (count) => {
      for (let i = 0; i < count; i++) {
        const visitor = Flagship.newVisitor({ visitorId: 'v' + i, hasConsented: true, context: { i } });
        const listens = i % 4 === 0;
        if (listens) visitor.on('ready', () => visitor.visitorId);
        const fetched = visitor.fetchFlags();
        if (listens) await fetched;
        if (i % 500 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      await Flagship.close();
    };
    (async () => {
      await begin({ disableEvents: true });
      await make(50000);
      const before = held();
      await make(150000);
      const grown = held() - before;
      console.log(grown < 24 * 2 ** 20 || grown);
    })();`;
  const ended = await run(prelude() + source, { args: ['--expose-gc'] });
  assert.deepEqual(ended, { ...clean, stdout: 'true\n' });
});
