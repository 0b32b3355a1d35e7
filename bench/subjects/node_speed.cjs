// Times evaluations in Node: node_speed.cjs burgee|flipt-client-js|koffi URL LIBRARY. Prints nanoseconds by name as JSON.
"use strict";

const BATCHES = 15;
const BATCH_NS = 20_000_000n;
const COUNT = 1000;

const context = {
  plan: "pro",
  age: "42",
  country: "fr",
  device: "phone",
  version: "1.2.3",
};
const requests = Array.from({ length: COUNT }, (_, number) => ({
  flagKey: `flag-${number}`,
  entityId: `user-${100_000 + number}`,
  context,
}));

// For those who evaluate one flag for each of many users: nothing that is kept from one call to the next helps.
const requestsOfMany = requests.map((request, number) => ({
  ...request,
  context: { ...context, device: `phone-${number}`, version: `1.2.${number}` },
}));

/** Nanoseconds of one of the COUNT evaluations of runAll: the best of some batches. */
function best(runAll) {
  for (let i = 0; i < 30; i++) {
    runAll(); // the compiler of V8 takes its time
  }
  const figures = [];
  for (let batch = 0; batch < BATCHES; batch++) {
    let count = 0;
    const start = process.hrtime.bigint();
    let now = start;
    while (now - start < BATCH_NS) {
      runAll();
      count += COUNT;
      now = process.hrtime.bigint();
    }
    figures.push(Number(now - start) / count);
  }
  return Math.min(...figures);
}

function checked(good) {
  if (!good) {
    throw new Error("a flag has another value than expected");
  }
}

async function measurePackage(FliptClient, url) {
  const variants = await FliptClient.init({ url, namespace: "variant" });
  checked(requests.every((request) => variants.evaluateVariant(request).match));
  const evaluateVariant = best(() => {
    for (const request of requests) {
      variants.evaluateVariant(request);
    }
  });
  const evaluateVariantContexts = best(() => {
    for (const request of requestsOfMany) {
      variants.evaluateVariant(request);
    }
  });
  let sink = 0;
  const evaluateVariantRead = best(() => {
    for (const request of requests) {
      const found = variants.evaluateVariant(request);
      sink +=
        found.match + found.segmentKeys.length + found.requestDurationMillis;
      sink +=
        found.reason.length + found.flagKey.length + found.variantKey.length;
      sink += (found.variantAttachment ?? "").length + found.timestamp.length;
    }
  });
  checked(sink > 0);
  variants.close();
  const booleans = await FliptClient.init({ url, namespace: "boolean" });
  checked(
    requests.every((request) => booleans.evaluateBoolean(request).enabled),
  );
  const evaluateBoolean = best(() => {
    for (const request of requests) {
      booleans.evaluateBoolean(request);
    }
  });
  booleans.close();
  return {
    evaluate_variant: evaluateVariant,
    evaluate_variant_contexts: evaluateVariantContexts,
    evaluate_variant_read: evaluateVariantRead,
    evaluate_boolean: evaluateBoolean,
  };
}

async function measureUnified(url) {
  const client = await require("burgee").open({ url, namespace: "boolean" });
  const who = { targetingKey: "user-100000", ...context };
  checked(requests.every(({ flagKey }) => client.boolean(flagKey, false, who)));
  const boolean = best(() => {
    for (const { flagKey } of requests) {
      client.boolean(flagKey, false, who);
    }
  });
  await client.close();
  return { boolean };
}

/** A caller that runs foreign functions on a stack of its own, on the main thread of the process. */
function measureKoffi(url, path) {
  const library = require("koffi").load(path);
  const initialize = library.func("void *initialize_engine(const char *)");
  const evaluate = library.func("void *evaluate_variant(void *, const char *)");
  const release = library.func("void destroy_string(void *)");
  const engine = initialize(JSON.stringify({ url, namespace: "variant" }));
  const texts = requests.map(({ flagKey, entityId }) =>
    JSON.stringify({ flag_key: flagKey, entity_id: entityId, context }),
  );
  const replies = new Array(COUNT);
  const figures = [];
  for (let round = 0; round < 300; round++) {
    const start = process.hrtime.bigint();
    for (let i = 0; i < COUNT; i++) {
      replies[i] = evaluate(engine, texts[i]);
    }
    figures.push(Number(process.hrtime.bigint() - start) / COUNT);
    replies.forEach((reply) => release(reply));
  }
  library.func("void destroy_engine(void *)")(engine);
  return { koffi_call: Math.min(...figures) };
}

async function main([subject, url, library]) {
  switch (subject) {
    case "burgee":
      return {
        ...(await measurePackage(require("burgee/flipt").FliptClient, url)),
        ...(await measureUnified(url)),
      };
    case "koffi":
      return measureKoffi(url, library);
    default:
      return measurePackage(
        require("@flipt-io/flipt-client-js").FliptClient,
        url,
      );
  }
}

main(process.argv.slice(2)).then(
  (figures) => {
    console.log(JSON.stringify(figures));
    process.exit(0); // the timer of flipt-client-js would keep the process
  },
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
