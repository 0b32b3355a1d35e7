// Nothing grows: descriptors, threads, memory.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';

import { open } from 'burgee';
import { FliptClient } from 'burgee/flipt';
import { sample } from './support/documents.mjs';
import { startServer } from './support/server.mjs';

const linux = process.platform === 'linux';
const descriptors = () => readdirSync('/proc/self/fd').length;
const threads = () => readdirSync('/proc/self/task').length;

/** Waits until measure() is at most limit, because the system ends threads and sockets in its own time. */
async function settles(measure, limit) {
  for (let i = 0; i < 500 && measure() > limit; i++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return measure();
}

async function cycles(count, options) {
  for (let i = 0; i < count / 4; i++) {
    await Promise.all(
      Array.from({ length: 4 }, async () => {
        const client = await open(options);
        client.string('theme', 'x', { plan: 'pro' });
        await client.close();
      }),
    );
  }
}

for (const kind of ['document', 'server']) {
  test(`1000 clients of a ${kind} leave no descriptors or threads`, { skip: !linux }, async (t) => {
    const server = kind === 'server' ? await startServer(sample) : undefined;
    t.after(() => server?.close());
    const options = server === undefined ? { document: sample } : { url: server.url, updateInterval: 1 };
    await cycles(100, options);
    const before = { descriptors: descriptors(), threads: threads() };
    await cycles(1000, options);
    // Go keeps the few threads that it once needed at the same time.
    assert.ok(
      (await settles(threads, before.threads + 4)) <= before.threads + 4,
      `${before.threads} threads became ${threads()}`,
    );
    assert.ok((await settles(descriptors, before.descriptors + 4)) <= before.descriptors + 4);
  });
}

/** Bytes that are in use when the garbage has been collected. V8 keeps room for garbage to come, which is not counted. */
function held() {
  for (let i = 0; i < 3; i++) {
    gc();
  }
  const { rss, heapTotal, heapUsed } = process.memoryUsage();
  return rss - heapTotal + heapUsed;
}

test('evaluations leave no memory', { skip: typeof gc !== 'function' && 'needs --expose-gc' }, async () => {
  const client = await FliptClient.init({ document: sample });
  const evaluate = (count) => {
    for (let i = 0; i < count; i++) {
      const context = {
        plan: i % 2 ? 'pro' : 'free',
        email: `user${i}@example.com`,
        text: i % 1000 ? 'é' : 'é'.repeat(2000),
      };
      client.evaluateVariant({ flagKey: 'theme', entityId: `user-${i}`, context });
      if (i % 16 === 0) {
        assert.throws(() => client.evaluateVariant({ flagKey: `nope-${i}`, entityId: 'u', context }));
      }
    }
  };
  evaluate(300_000);
  const before = held();
  evaluate(1_000_000);
  const grown = held() - before;
  assert.ok(grown < 8 * 2 ** 20, `1,000,000 evaluations left ${grown} bytes`);
  await client.close();
});

test('opening and closing leaves no memory', { skip: typeof gc !== 'function' && 'needs --expose-gc' }, async () => {
  await cycles(500, { document: sample });
  const before = held();
  await cycles(1000, { document: sample });
  const grown = held() - before;
  assert.ok(grown < 16 * 2 ** 20, `1,000 clients left ${grown} bytes`);
});
