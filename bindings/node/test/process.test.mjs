// The package as a guest in other people's processes: exits, signals, workers, contexts.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { sample } from './support/documents.mjs';
import { run, start } from './support/children.mjs';
import { startServer } from './support/server.mjs';

const prelude = `
  const { open } = require('burgee');
  const document = ${JSON.stringify(sample)};
  const context = { targetingKey: 'u', plan: 'pro' };
  const theme = (client) => client.string('theme', 'x', context);
`;
const clean = { code: 0, signal: null, stderr: '' };

async function expect(script, want, options) {
  assert.deepEqual(await run(prelude + script, options), { ...clean, ...want });
}

describe('exit', () => {
  test('an open client does not keep the process alive', () =>
    expect(`open({ document }).then((client) => console.log(theme(client)));`, { stdout: 'amber\n' }));

  test('a promise of the package does keep it alive until it is settled', () =>
    expect(
      `(async () => {
        const client = await open({ document });
        await client.refresh();
        await client.flush();
        await client.close();
        console.log('done');
      })();`,
      { stdout: 'done\n' },
    ));

  test('a top-level await of open works', async () => {
    const script = `
      import { open } from 'burgee';
      const client = await open({ document: ${JSON.stringify(sample)} });
      await client.close();
      console.log('done');`;
    assert.deepEqual(await run(script, { type: 'module' }), { ...clean, stdout: 'done\n' });
  });

  const moments = {
    'while opening': `open({ document }); process.exit(3);`,
    'after opening': `open({ document }).then(() => process.exit(3));`,
    'while opening against a dead server': `open({ url: 'http://127.0.0.1:9', logLevel: 'error' }); setTimeout(() => process.exit(3), 20);`,
    'while closing': `open({ document }).then((client) => { client.close(); process.exit(3); });`,
    'while refreshing': `open({ document }).then((client) => { client.refresh(); process.exit(3); });`,
    'in an event': `open({ document }).then((client) => client.on('change', () => process.exit(3))); setInterval(() => {}, 1000);`,
    'in a worker too': `
      const { Worker } = require('node:worker_threads');
      new Worker("require('burgee').open({ document: {}, logLevel: 'error' }); setInterval(() => {}, 1000)", { eval: true });
      open({ document }).then(() => setTimeout(() => process.exit(3), 30));`,
  };
  for (const [label, script] of Object.entries(moments)) {
    test(`process.exit ${label}`, () => expect(script, { code: 3, stdout: '' }));
  }

  test('process.exit at many moments', async () => {
    for (let delay = 0; delay < 40; delay += 4) {
      await expect(
        `setTimeout(() => process.exit(3), ${delay});
         (async function again() { const client = await open({ document }); theme(client); client.refresh().catch(() => {}); await client.close(); again(); })();`,
        { code: 3, stdout: '' },
      );
    }
  });

  test('an uncaught exception ends the process as ever', async () => {
    const { code, stderr } = await run(
      prelude + `open({ document }).then(() => setTimeout(() => { throw new Error('mine'); }));`,
    );
    assert.equal(code, 1);
    assert.match(stderr, /Error: mine/);
  });

  test('an error in a listener is uncaught, and the other listeners still hear of the event', async () => {
    const { code, stdout, stderr } = await run(
      prelude +
        `open({ document }).then((client) => {
          client.on('change', () => { throw new Error('mine'); });
          client.on('change', ({ flags }) => console.log(flags.length));
        });
        setTimeout(() => {}, 5000);`,
    );
    assert.equal(code, 1);
    assert.equal(stdout, '4\n');
    assert.match(stderr, /Error: mine/);
    assert.doesNotMatch(stderr, /DEP0168/);
  });

  test('a forgotten client is warned about', async () => {
    const { code, stderr } = await run(
      prelude +
        `open({ document }).then(() => {}).then(async () => {
          for (let i = 0; i < 10; i++) { gc(); await new Promise((resolve) => setImmediate(resolve)); }
        });`,
      { args: ['--expose-gc'] },
    );
    assert.equal(code, 0);
    assert.match(stderr, /BurgeeWarning: A flipt client was garbage-collected without close\(\)/);
  });

  test('warnings go to process.emitWarning once, if nobody listens', async () => {
    const { code, stderr } = await run(
      prelude +
        `open({ document: {} }).then(async (c) => { await new Promise((r) => setTimeout(r, 50)); await c.close(); });`,
    );
    assert.equal(code, 0);
    assert.equal(stderr.match(/BurgeeWarning: burgee\.flipt: /g)?.length, 1);
  });
});

describe('signals', { skip: process.platform === 'win32' }, () => {
  const busy = `
    open({ document }).then(async (client) => {
      console.log('ready');
      for (;;) {
        for (let i = 0; i < 1000; i++) theme(client);
        await new Promise((resolve) => setTimeout(resolve));
      }
    });`;

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGUSR2', 'SIGHUP']) {
    test(`a handler of ${signal} works, also one that is set after loading`, async () => {
      const program = start(
        prelude +
          `let early = 0;
           process.on('${signal}', () => early++);
           setInterval(() => {
             if (early === 1) { early = -1; process.on('${signal}', () => { console.log('second'); process.exit(7); }); console.log('first'); }
           }, 1);` +
          busy,
      );
      await program.wrote('ready');
      program.child.kill(signal);
      await program.wrote('first');
      program.child.kill(signal);
      assert.deepEqual(await program.ended, { ...clean, code: 7, stdout: 'ready\nfirst\nsecond\n' });
    });

    test(`${signal} without a handler ends the process`, async () => {
      const program = start(prelude + busy);
      await program.wrote('ready');
      program.child.kill(signal);
      assert.equal((await program.ended).signal, signal);
    });
  }

  test(
    'handlers that are set after loading run on the alternate stack',
    { skip: process.platform !== 'linux' },
    async () => {
      // The process would die by a fault of the Go runtime only if the signal met one of its threads, so the flag is read.
      const { stdout } = await run(
        prelude +
          `const koffi = require('koffi');
         const sigaction = koffi.load('libc.so.6').func('int sigaction(int, void *, _Out_ uint8_t *)');
         const flag = (number) => { const old = Buffer.alloc(256); sigaction(number, null, old); return (old.readInt32LE(136) & 0x08000000) !== 0; };
         process.on('SIGTERM', () => {});
         open({ document }).then(async (client) => {
           process.on('SIGUSR2', () => {});
           console.log(flag(15), flag(12));
           process.removeAllListeners('SIGUSR2');
           process.on('SIGUSR2', () => {});
           console.log(flag(12));
           await client.close();
           process.exit();
         });`,
      );
      assert.equal(stdout, 'true true\ntrue\n');
    },
  );

  test('a storm of signals under load', async () => {
    const program = start(
      prelude + `let n = 0; process.on('SIGUSR2', () => { if (++n === 50) process.exit(7); });` + busy,
    );
    await program.wrote('ready');
    const storm = setInterval(() => program.child.kill('SIGUSR2'), 1);
    const { code } = await program.ended;
    clearInterval(storm);
    assert.equal(code, 7);
  });
});

describe('workers', () => {
  const worker = `
    const { open } = require('burgee');
    const { parentPort, workerData } = require('node:worker_threads');
    open({ document: workerData }).then(async (client) => {
      for (let i = 0; i < 20000; i++) {
        if (client.string('theme', 'x', { targetingKey: 'u' + i, plan: i % 2 ? 'pro' : 'free' }) !== (i % 2 ? 'amber' : 'plain')) throw new Error('wrong');
      }
      await client.close();
      parentPort.postMessage('right');
    });`;

  test('four at once, beside the main thread', () =>
    expect(
      `const { Worker } = require('node:worker_threads');
       const { once } = require('node:events');
       (async () => {
         const client = await open({ document });
         const workers = Array.from({ length: 4 }, () => new Worker(${JSON.stringify(worker)}, { eval: true, workerData: document }));
         for (const each of workers) each.once('message', (text) => console.log(text));
         await Promise.all(workers.map((each) => once(each, 'exit')));
         console.log(theme(client));
         await client.close();
       })();`,
      { stdout: 'right\nright\nright\nright\namber\n' },
    ));

  test('an open client does not keep a worker alive', () =>
    expect(
      `const { Worker } = require('node:worker_threads');
       const each = new Worker("require('burgee').open({ document: {}, logLevel: 'error' })", { eval: true });
       each.once('exit', (code) => console.log('exit', code));`,
      { stdout: 'exit 0\n' },
    ));

  test('terminate at any moment', () =>
    expect(
      `const { Worker } = require('node:worker_threads');
       const code = \`
         const { open } = require('burgee');
         const { workerData } = require('node:worker_threads');
         (async () => {
           for (;;) {
             const client = await open({ document: workerData });
             for (let i = 0; i < 100; i++) client.string('theme', 'x', { targetingKey: 'u' + i, plan: 'pro' });
             client.refresh().catch(() => {});
             if (Math.random() < 0.5) await client.close();
           }
         })();\`;
       (async () => {
         for (let i = 0; i < 30; i++) {
           const each = new Worker(code, { eval: true, workerData: document });
           each.on('error', (error) => console.log(error));
           await new Promise((resolve) => setTimeout(resolve, i * 3));
           await each.terminate();
         }
         const client = await open({ document });
         console.log(theme(client));
         await client.close();
       })();`,
      { stdout: 'amber\n' },
    ));

  test('terminate while opening and refreshing against a server that never answers', async (t) => {
    const server = await startServer(sample);
    t.after(() => server.close());
    await server.send('PUT', '/faults', [{ kind: 'none' }, { kind: 'hang', times: -1 }]);
    const { code, stdout, stderr } = await run(
      prelude +
        `const { Worker } = require('node:worker_threads');
         const { once } = require('node:events');
         const code = \`
           const { open } = require('burgee');
           const { workerData: url, parentPort } = require('node:worker_threads');
           open({ url, logLevel: 'error' }).then((client) => {
             client.refresh().catch(() => {});
             open({ url, logLevel: 'error' });
             setTimeout(() => parentPort.postMessage('busy'), 50);
           });\`;
         (async () => {
           const each = new Worker(code, { eval: true, workerData: ${JSON.stringify(server.url)} });
           await once(each, 'message');
           await each.terminate();
           console.log('terminated');
         })();`,
    );
    assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: 'terminated\n', stderr: '' });
  });
});

describe('contexts', () => {
  test('objects of another realm are taken for what they are', () =>
    expect(
      `const vm = require('node:vm');
       open({ document }).then(async (client) => {
         const foreign = vm.runInNewContext("({ targetingKey: 'u', when: new Date(0), list: [1], plan: 'pro' })");
         console.log(theme(client), client.string('theme', 'x', foreign), client.string('theme', 'x', vm.runInNewContext("({ plan: new String('pro') })")));
         await client.close();
       });`,
      { stdout: 'amber amber amber\n' },
    ));

  test('two copies of the package in one process', () =>
    expect(
      `const first = open;
       for (const name of Object.keys(require.cache)) delete require.cache[name];
       const second = require('burgee').open;
       (async () => {
         console.log(first === second);
         const clients = await Promise.all([first({ document }), second({ document }), first({ document }), second({ document })]);
         console.log(...clients.map(theme));
         await Promise.all(clients.map((client) => client.close()));
       })();`,
      { stdout: 'false\namber amber amber amber\n' },
    ));
});

test('requiring the package does not load the engine', { skip: process.platform !== 'linux' }, () =>
  expect(
    `const { readFileSync } = require('node:fs');
     const loaded = () => readFileSync('/proc/self/maps', 'utf8').includes('libburgee');
     console.log(loaded());
     open({ document }).then((client) => { console.log(loaded()); return client.close(); });`,
    { stdout: 'false\ntrue\n' },
  ),
);
