// Callers that switch stacks, as koffi does, on the main thread: right answers, and no search for the stack's bounds in
// /proc/self/maps on each call, which would cost a hundred times the evaluation.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import koffi from 'koffi';

import { sample } from './support/documents.mjs';
import { packageFolder } from './support/paths.mjs';

const names = { darwin: 'libburgee.dylib', win32: 'burgee.dll' };
const path = process.env.BURGEE_LIBRARY || join(packageFolder, 'build', names[process.platform] ?? 'libburgee.so');

function bindings() {
  assert.ok(existsSync(path), path);
  const library = koffi.load(path);
  const Text = koffi.struct('burgee_text', { data: 'const char *', length: 'size_t' });
  koffi.struct('burgee_request', {
    flag_key: Text,
    targeting_key: Text,
    attributes: 'const void *',
    attribute_count: 'size_t',
    want: 'uint32_t',
    reserved: 'uint32_t',
  });
  return {
    open: library.func('char *burgee_open(const char *options)'),
    close: library.func('char *burgee_close(uint64_t client)'),
    call: library.func('char *burgee_call(uint64_t client, const char *method, const char *params)'),
    resolveInto: library.func(
      'uint32_t burgee_resolve_into(uint64_t client, const burgee_request *request, void *result)',
    ),
    resolveClosed: library.func('uint32_t burgee_resolve_into(uint64_t client, const void *request, void *result)'),
  };
}

const burgee = bindings();
const { client } = JSON.parse(burgee.open(JSON.stringify({ document: sample }))).ok;

test('a koffi call gives the right answer', () => {
  const params = JSON.stringify({
    key: 'theme',
    type: 'string',
    default: 'x',
    context: { targetingKey: 'u', plan: 'pro' },
  });
  assert.equal(JSON.parse(burgee.call(client, 'resolve', params)).ok.value, 'amber');
});

test('a koffi call costs less than 2 us', () => {
  // Processor time of this process, and the best of many rounds: what else runs on the machine does not count.
  const result = Buffer.alloc(128);
  const calls = 2000;
  let best = Infinity;
  for (let round = 0; round < 200; round++) {
    const before = process.cpuUsage();
    for (let i = 0; i < calls; i++) {
      burgee.resolveClosed(client, null, result);
    }
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, (user + system) / calls);
  }
  assert.ok(best < 2, `a call costs ${best} us`);
});

test('a client closes through koffi', () => {
  assert.deepEqual(JSON.parse(burgee.close(client)), { ok: null });
});
