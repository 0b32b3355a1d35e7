// Compares the decisions of burgee/featbit with those of FeatBit's own SDK, for the environments in a folder that
// `make differential` fills: node test/differential.mjs <folder>
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import * as theirs from '@featbit/node-server-sdk';
import * as ours from 'burgee/featbit';

const [folder] = process.argv.slice(2);
const methods = {
  boolean: ['boolVariationDetail', false],
  number: ['numberVariationDetail', -1],
  json: ['jsonVariationDetail', 'the default'],
  string: ['stringVariationDetail', 'the default'],
};

function open({ FbClientBuilder }, message) {
  return new FbClientBuilder({ offline: true, logLevel: 'none' })
    .useJsonBootstrapProvider(JSON.stringify(message))
    .build();
}

function user({ UserBuilder }, { key, name, ...custom }) {
  const builder = new UserBuilder(key).name(name);
  for (const [property, value] of Object.entries(custom)) {
    builder.custom(property, value);
  }
  return builder.build();
}

/** One decision, by the method that fits the type of the flag. */
function decide(client, flag, whom) {
  const [method, fallback] = methods[flag.variationType];
  return client[method](flag.key, whom, fallback);
}

let pairs = 0;
let wrong = 0;
const kinds = {};
for (const name of readdirSync(folder).sort()) {
  const { message, users } = JSON.parse(readFileSync(join(folder, name), 'utf8'));
  const [their, our] = [open(theirs, message), open(ours, message)];
  await Promise.all([their.waitForInitialization(), our.waitForInitialization()]);
  for (const each of users) {
    const [theirUser, ourUser] = [user(theirs, each), user(ours, each)];
    for (const flag of message.data.featureFlags) {
      const [expected, got] = [await decide(their, flag, theirUser), await decide(our, flag, ourUser)];
      pairs++;
      kinds[expected.kind] = (kinds[expected.kind] ?? 0) + 1;
      if (!isDeepStrictEqual({ ...got }, { ...expected })) {
        wrong++;
        if (wrong <= 3) {
          console.log(`${name}: ${JSON.stringify({ each, flag, expected, got })}`);
        }
      }
    }
  }
  await Promise.all([their.close(), our.close()]);
}
console.log(`featbit on Node: ${pairs} pairs ${JSON.stringify(kinds)}, ${wrong} differ`);
process.exitCode = wrong === 0 ? 0 : 1;
