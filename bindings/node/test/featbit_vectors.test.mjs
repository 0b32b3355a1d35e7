// FeatBit's vectors, each case a test: through burgee/featbit with the results of FeatBit's client for Node, and through
// the unified surface with those of its client for Python.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { open } from 'burgee';
import { FbClientBuilder } from 'burgee/featbit';
import { featbitVectors, keepingLogger, propertiesOf, vectorFiles } from './support/featbit.mjs';

const deviationsOf = (path) =>
  new Map(JSON.parse(readFileSync(path, 'utf8')).cases.map((entry) => [entry.case, entry]));
const nodeDeviations = deviationsOf(new URL('./support/featbit_deviations.json', import.meta.url));
const pythonDeviations = deviationsOf(join(featbitVectors, 'deviations.json'));

const offline = (message) =>
  new FbClientBuilder({ logger: keepingLogger() })
    .offline(true)
    .useJsonBootstrapProvider(JSON.stringify(message))
    .build();

/** The user as the vectors' README says: who is none to Python's client has only key and name. */
function nodeUser({ user, expect }, exact) {
  if (user === null) {
    return null;
  }
  if (typeof user !== 'object') {
    return { key: undefined, name: undefined };
  }
  if (expect.reason === 'user not specified') {
    return { key: user.key, name: user.name };
  }
  const properties = propertiesOf(exact.user, ['key', 'keyid', 'name']);
  return { key: user.key || user.keyid, name: user.name, customizedProperties: properties };
}

function contextOf(user) {
  if (typeof user?.key !== 'string') {
    return {};
  }
  const { key, name, customizedProperties = [] } = user;
  const properties = customizedProperties.map((property) => [property.name, property.value]);
  const named = typeof name === 'string' && name.trim() !== '' ? { name } : {};
  return { ...Object.fromEntries(properties), ...named, targetingKey: key };
}

const served = (event) => event && { id: event.variation.id, sendToExperiment: event.sendToExperiment };

/** What FeatBit's client for Node answered. */
function nodeAnswer({ node, default: fallback }) {
  if ('throws' in node) {
    return { throws: node.throws };
  }
  const { kind, reason, value, event } = node;
  return { kind, reason, value: value?.$undefined ? undefined : (value ?? fallback), event: served(event) };
}

/** What Python's client answered, as the unified surface has it. */
function pythonAnswer(id, { expect }) {
  const { variation, reason, event } = pythonDeviations.get(`eval/${id}`)?.want ?? expect;
  const text = event?.variation.value;
  // What JSON cannot express stays the text that it is in the data.
  const value = JSON.stringify(variation)?.includes('$float') ? text : variation;
  return { value, vendorReason: reason, served: served(event) };
}

const files = vectorFiles(join(featbitVectors, 'eval'));
test('there are 511 evaluations', () => assert.equal(files.flatMap(({ plain }) => plain.cases).length, 511));

const seen = new Set();
for (const { plain, exact } of files) {
  describe(plain.group, () => {
    let client, unified;
    before(async () => {
      client = offline(plain.data);
      unified = await open({ backend: 'featbit', document: plain.data, logLevel: 'error' });
    });
    after(() => Promise.all([client.close(), unified.close()]));
    plain.cases.forEach((entry, index) => {
      const { id, note = '', flag, default: fallback, node } = entry;
      const user = nodeUser(entry, exact.cases[index]);

      test(`${id} ${note}`, async () => {
        const deviation = nodeDeviations.get(id);
        const before = nodeAnswer(entry);
        const want = deviation?.want ?? before;
        seen.add(id);
        if (deviation !== undefined) {
          assert.notDeepEqual(want, before, 'a deviation that is none');
        }
        const { kind, reason, value, flagKey } = await client[node.method](flag, user, fallback);
        const { variant, reason: general, metadata } = unified.details(String(flag), undefined, contextOf(user));
        const event = general === 'ERROR' ? null : { id: variant, sendToExperiment: metadata.inExperiment === true };
        // The vectors, which are JSON, have no negative zero.
        assert.deepEqual({ kind, reason, value: value === 0 ? 0 : value, event }, want);
        assert.equal(flagKey, flag);
        assert.deepEqual(await client[node.method.replace('Detail', '')](flag, user, fallback), value);
      });

      // The unified surface asks for no name, and has no user "self".
      if (entry.expect.reason !== 'user not specified' && id !== 'user-attributes/036' && typeof flag === 'string') {
        test(`${id} ${note} (unified)`, () => {
          const want = pythonAnswer(id, entry);
          const { value, variant, reason, metadata } = unified.details(flag, undefined, contextOf(user));
          assert.equal(metadata.vendorReason, want.vendorReason);
          if (want.served === null) {
            assert.equal(reason, 'ERROR');
            return;
          }
          assert.deepEqual(value ?? null, want.value); // for a null the default applies
          assert.deepEqual({ id: variant, sendToExperiment: metadata.inExperiment === true }, want.served);
        });
      }
    });
  });
}

test('every deviation is of a case that exists', () => {
  assert.deepEqual(
    [...nodeDeviations.keys()].filter((id) => !seen.has(id)),
    [],
  );
});
