// The published vectors, each case a test, through burgee/flipt.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { FliptClient } from 'burgee/flipt';
import { vectorFolder } from './support/paths.mjs';

const read = (name) => JSON.parse(readFileSync(join(vectorFolder, name), 'utf8'));
const deviations = new Map(read('deviations.json').cases.map((entry) => [entry.case, entry.want]));

/** flag_key becomes flagKey, at any depth; null members become absent, as in this client. */
function camel(value) {
  if (Array.isArray(value)) {
    return value.map(camel);
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== null)
      .map(([name, member]) => [name.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase()), camel(member)]),
  );
}

/** Leaves out what the vectors do not say, and sorts what has no order. */
function comparable(value) {
  if (Array.isArray(value)) {
    return value.map(comparable);
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  const { requestDurationMillis: _duration, timestamp: _timestamp, ...rest } = value;
  const result = Object.fromEntries(Object.entries(rest).map(([name, member]) => [name, comparable(member)]));
  result.segmentKeys?.sort();
  return result;
}

const byKey = (a, b) => (a.key < b.key ? -1 : 1);

const operations = {
  variant: (client, request) => single(client, 'evaluateVariant', requestOf(request)),
  boolean: (client, request) => single(client, 'evaluateBoolean', requestOf(request)),
  batch: (client, requests) => client.evaluateBatch(requests.map(requestOf)),
  list_flags: (client) => ({ flags: client.listFlags().sort(byKey) }),
  get_snapshot: (client) => ({ snapshot: JSON.parse(Buffer.from(client.getSnapshot(), 'base64').toString()) }),
};
/** The names in the context are the user's and stay as they are. An array is a request by position. */
function requestOf(request) {
  if (Array.isArray(request)) {
    return { flagKey: request[0], entityId: request[1], context: request[2] };
  }
  const { context, ...rest } = request;
  return { ...camel(rest), context };
}

/** This client refuses an empty entity id except in a batch. */
function single(client, method, request) {
  if (request.entityId !== '') {
    return client[method](request);
  }
  assert.throws(() => client[method](request), { message: 'entityId cannot be empty' });
  const [entry] = client.evaluateBatch([request]).responses;
  return entry.variantEvaluationResponse ?? entry.booleanEvaluationResponse;
}

function wanted(op, expect) {
  if ('error' in expect) {
    return expect;
  }
  if (op === 'get_snapshot') {
    return expect;
  }
  return comparable(camel(expect));
}

function answer(client, { op, request }) {
  try {
    const result = operations[op](client, request);
    return op === 'get_snapshot' ? result : comparable(result);
  } catch (error) {
    return { error: error.message };
  }
}

const undecodable = 'error parsing json: failed to parse response body: error decoding response body';

/** Flipt's engine does not say what is wrong with a document; this one does, after the same words. */
function withoutDetail(got) {
  return got.error?.startsWith(`${undecodable}: `) ? { error: undecodable } : got;
}

function suite(label, { namespace, snapshot, engine_snapshot: engineSnapshot, cases }) {
  describe(label, () => {
    let client;
    let refusal;

    before(async () => {
      try {
        client = await FliptClient.init(
          engineSnapshot === undefined
            ? { namespace, document: snapshot, logLevel: 'error' }
            : {
                namespace,
                snapshot: Buffer.from(JSON.stringify(engineSnapshot)).toString('base64'),
                errorStrategy: 'fallback',
                fetcher: async () => new Response('', { status: 404, statusText: 'Not Found' }),
                logLevel: 'error',
              },
        );
      } catch (error) {
        refusal = { error: error.message };
      }
    });

    after(() => client?.close());

    cases.forEach((vector, index) => {
      const id = `${label}/${String(index).padStart(3, '0')}`;
      test(`${id} ${vector.op} ${vector.name ?? vector.request?.flag_key ?? ''}`, () => {
        const want = wanted(vector.op, vector.expect);
        const deviation = deviations.get(id);
        const got = withoutDetail(refusal ?? answer(client, vector));
        if (deviation === undefined) {
          assert.deepEqual(got, want);
        } else {
          assert.deepEqual(got, wanted(vector.op, deviation));
          assert.notDeepEqual(got, want, `${id} is a stale entry in deviations.json`);
        }
      });
    });
  });
}

for (const name of readdirSync(vectorFolder).filter((name) => /^(0\d|1[0-5])_.*\.json$/.test(name))) {
  const file = read(name);
  const label = name.replace('.json', '');
  if (file.groups === undefined) {
    suite(label, file);
  } else {
    file.groups.forEach((group, index) => {
      suite(`${label}/${String(index).padStart(2, '0')}`, { namespace: file.namespace, ...group });
    });
  }
}

test('all vector files are there', () => {
  assert.equal(readdirSync(vectorFolder).filter((name) => /^(0\d|1[0-5])_.*\.json$/.test(name)).length, 15);
});
