// burgee/featureflagco without a server: the vendor's vectors, each case a test, and the names.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { FfcClientBuilder, UserBuilder } from 'burgee/featureflagco';
import { ffcVectors, keepingLogger, propertiesOf, vectorFiles, withDigits } from './support/featbit.mjs';

const deviations = new Map(
  JSON.parse(readFileSync(join(ffcVectors, 'deviations.json'), 'utf8')).cases.map((entry) => [entry.case, entry.want]),
);

const offline = (message, envSecret) =>
  new FfcClientBuilder({ logger: keepingLogger(), envSecret })
    .offline(true)
    .useJsonBootstrapProvider(JSON.stringify(message))
    .build();

/** The user of a case; exact is the same with the digits of numbers. */
function nodeUser(user, exact) {
  if (typeof user !== 'object' || user === null) {
    return user;
  }
  const { key, keyid, name, email, country } = user;
  const customs = Object.fromEntries(Object.entries(exact).filter(([, value]) => typeof value !== 'boolean'));
  const properties = propertiesOf(customs, ['key', 'keyid', 'name', 'email', 'country']);
  return { key: key || keyid, name, email, country, customizedProperties: properties };
}

const files = vectorFiles(join(ffcVectors, 'eval'));
test('there are 271 evaluations', () => assert.equal(files.flatMap(({ plain }) => plain.cases).length, 271));

for (const { plain, exact } of files) {
  describe(plain.group, () => {
    let client;
    before(() => (client = offline(plain.data, plain.envSecret)));
    after(() => client.close());
    plain.cases.forEach(({ id, note = '', flag, user: pythonUser, default: fallback, expect }, index) =>
      test(`${id} ${note}`, async () => {
        const want = deviations.get(`eval/${id}`) ?? expect;
        const user = nodeUser(pythonUser, exact.cases[index].user);
        const { success, message, data } = await client.variationDetail(flag, user, fallback);
        const { event: _event, isEnabled, success: _success, message: _message, ...detail } = want;
        assert.deepEqual({ success, message, data }, { success: want.success, message: want.message, data: detail });
        assert.deepEqual(await client.variation(flag, user, fallback), want.variation);
        assert.equal(await client.isEnabled(flag, user), Boolean(isEnabled));
      }),
    );
  });
}

describe('all flags', () => {
  const text = readFileSync(join(ffcVectors, 'all-flags.json'), 'utf8');
  const file = JSON.parse(text);
  const exact = withDigits(text);
  file.cases.forEach(({ name, data, user, expect }, index) =>
    test(name, async () => {
      const client = offline(data ?? file.data, file.envSecret);
      const states = await client.getAllVariations(nodeUser(user, exact.cases[index].user));
      // The vendor's client has an entry of an invented flag for a user who is none; here there is no entry.
      const details = expect.success ? expect.json.data : [];
      assert.deepEqual([states.success, states.message], [expect.success, expect.message]);
      assert.deepEqual(JSON.parse(JSON.stringify(states)), { ...expect.json, data: details });
      assert.deepEqual(states.keyNames, expect.success ? expect.keyNames : []);
      for (const { key, detail } of expect.success ? expect.get : []) {
        assert.deepEqual(states.get(key) ?? null, detail);
      }
      await client.close();
      assert.equal((await client.getAllVariations({ key: 'u' })).message, 'client not ready');
    }),
  );
});

describe('the client', () => {
  const [{ plain }] = files;

  test('is ready at once when it is offline', async () => {
    const client = offline(plain.data, plain.envSecret);
    assert.equal(client.initialized(), true);
    assert.equal(await client.waitForInitialization(), client);
    assert.equal(client.status().backend, 'featureflagco');
    assert.equal(await client.flush(), true);
    await client.close();
    const { data } = await client.variationDetail('x', { key: 'u' }, 'mine');
    assert.deepEqual(data, {
      id: -1,
      reason: 'client not ready',
      variation: 'mine',
      keyName: 'x',
      name: 'flag name unknown',
    });
  });

  test('says what is wrong with an event', async () => {
    const logger = keepingLogger();
    const client = new FfcClientBuilder({ logger, offline: true }).build();
    const user = new UserBuilder('u').name('Ada').email('a@b.c').country('FR').custom('age', 30).build();
    client.track(user, 'fine');
    client.trackMetrics(user, { fine: 2.5, also: 1 });
    assert.deepEqual(
      logger.records.filter(([level]) => level === 'warn'),
      [],
    );
    client.track(user, '');
    client.track(user, 'a', 0);
    client.trackMetrics(user, { a: -1, b: 'x', c: NaN });
    assert.equal(logger.records.filter(([level]) => level === 'warn').length, 5);
    await client.close();
  });

  test('names options that are missing or wrong', () => {
    const build = (options) => new FfcClientBuilder({ logger: keepingLogger(), ...options }).build();
    assert.throws(() => build({}), { message: 'Config option "envSecret" is missing' });
    assert.throws(() => build({ envSecret: '&&&' }), { message: /envSecret/ });
    assert.throws(() => build({ envSecret: plain.envSecret, streamingUri: 'nonsense' }), { message: /streamingUri/ });
  });
});

test('UserBuilder', () => {
  assert.deepEqual(new UserBuilder('k').name('n').email('e').country('c').custom('a', 1).build(), {
    key: 'k',
    name: 'n',
    email: 'e',
    country: 'c',
    customizedProperties: [{ name: 'a', value: 1 }],
  });
});

test('require and import give the same classes', async () => {
  const required = createRequire(import.meta.url)('burgee/featureflagco');
  const imported = await import('burgee/featureflagco');
  for (const [name, value] of Object.entries(required)) {
    assert.equal(imported[name], value, name);
  }
});
