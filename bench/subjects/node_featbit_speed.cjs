// Times FeatBit's boolVariation in Node, events queued: node_featbit_speed.cjs burgee|@featbit/node-server-sdk WHERE.
// WHERE is the JSON that the local server printed, with the secret. Prints nanoseconds by name as JSON.
"use strict";

const BURSTS = 4;
const PER_BURST = 4; // times COUNT evaluations; both queues hold 10,000 events
const PAUSE_MS = 2500; // longer than an event waits for others
const COUNT = 1000;

const keys = Array.from({ length: COUNT }, (_, number) => `flag-${number}`);

/**
 * Nanoseconds of one of the COUNT evaluations of runAll: the best of all bursts. What is queued is sent before the next
 * burst.
 */
async function best(client, runAll) {
  const figures = [];
  for (let burst = 0; burst < BURSTS; burst++) {
    for (let round = 0; round < PER_BURST; round++) {
      const start = process.hrtime.bigint();
      await runAll();
      figures.push(Number(process.hrtime.bigint() - start) / COUNT);
    }
    await client.flush();
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
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
  const variation = await best(client, async () => {
    for (let i = 0; i < COUNT; i++) {
      await client.boolVariation(keys[i], users[i], false);
    }
  });
  const detail = await best(client, async () => {
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
