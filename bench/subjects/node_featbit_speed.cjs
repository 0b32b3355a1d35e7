// Times FeatBit's boolVariation in Node, events queued: node_featbit_speed.cjs burgee|@featbit/node-server-sdk WHERE.
// WHERE is the JSON that the local server printed, with the secret. Prints nanoseconds by name as JSON.
"use strict";

const BATCHES = 15;
const BATCH_NS = 20_000_000n;
const COUNT = 1000;

const keys = Array.from({ length: COUNT }, (_, number) => `flag-${number}`);

/** Nanoseconds of one of the COUNT evaluations of runAll: the best of some batches. */
async function best(runAll) {
  for (let i = 0; i < 30; i++) {
    await runAll(); // the compiler of V8 takes its time
  }
  const figures = [];
  for (let batch = 0; batch < BATCHES; batch++) {
    let count = 0;
    const start = process.hrtime.bigint();
    let now = start;
    while (now - start < BATCH_NS) {
      await runAll();
      count += COUNT;
      now = process.hrtime.bigint();
    }
    figures.push(Number(now - start) / count);
  }
  return Math.min(...figures);
}

async function main([subject, text]) {
  const where = JSON.parse(text);
  const { FbClientBuilder, UserBuilder } = require(
    subject === "burgee" ? "burgee/featbit" : subject,
  );
  const client = new FbClientBuilder({ logLevel: "none" })
    .sdkKey(where.secret)
    .streamingUri(where.url.replace("http", "ws"))
    .eventsUri(where.url)
    .build();
  await client.waitForInitialization();
  const users = keys.map((_, number) =>
    new UserBuilder(`user-${number}`)
      .name("Ada")
      .custom("plan", "pro")
      .custom("age", "42")
      .custom("country", "fr")
      .custom("device", `phone-${number}`)
      .build(),
  );
  const first = await client.boolVariationDetail(keys[0], users[0], false);
  if (first.kind !== "RuleMatch") {
    throw new Error(`the user does not meet the conditions: ${first.reason}`);
  }
  const variation = await best(async () => {
    for (let i = 0; i < COUNT; i++) {
      await client.boolVariation(keys[i], users[i], false);
    }
  });
  const detail = await best(async () => {
    for (let i = 0; i < COUNT; i++) {
      await client.boolVariationDetail(keys[i], users[i], false);
    }
  });
  return { variation, variation_detail: detail };
}

main(process.argv.slice(2)).then(
  (figures) => {
    console.log(JSON.stringify(figures));
    process.exit(0); // the timers of FeatBit's SDK would keep the process
  },
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
