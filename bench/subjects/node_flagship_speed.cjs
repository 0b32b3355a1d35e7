// Times Flagship's fetchFlags and getValue in Node: node_flagship_speed.cjs burgee|@flagship.io/js-sdk WHERE.
// WHERE is the JSON that the local server printed, with the file that it serves. Burgee fetches that file and sends hits to
// the server. The vendor's SDK is given the file in the mode BUCKETING_EDGE, in which it only keeps hits: no time is lost
// in its HTTP client. Prints nanoseconds by name as JSON.
"use strict";

const { readFileSync } = require("node:fs");

const BURSTS = 6;
const VISITORS = 400;
const READERS = 20; // visitors that read 50 flags each
const PAUSE_MS = 1500; // longer than a hit waits for others

const context = {
  country: "FR",
  age: 31,
  device: "phone",
  premium: true,
  plan: "gold",
};

async function start(subject, where) {
  const { Flagship, DecisionMode, LogLevel } = require(
    subject === "burgee" ? "burgee/flagship" : subject,
  );
  const options = {
    fetchNow: false,
    logLevel: LogLevel.NONE,
    disableDeveloperUsageTracking: true,
    trackingManagerConfig: { batchIntervals: 1, poolMaxSize: 5000 },
  };
  if (subject === "burgee") {
    const { url } = where;
    Object.assign(options, {
      decisionMode: DecisionMode.BUCKETING,
      pollingInterval: 0,
      batchActivateHits: true,
      cdnUrl: url,
      eventsUrl: url,
      decisionApiUrl: `${url}/v2`,
    });
  } else {
    options.decisionMode = DecisionMode.BUCKETING_EDGE;
    options.initialBucketing = JSON.parse(readFileSync(where.file, "utf8"));
  }
  await Flagship.start("burgee-local", "burgee-local-key", options);
  return Flagship;
}

/**
 * Nanoseconds of one of the count things that run does with what prepare returns: the best of all rounds of all bursts.
 * run is told which round it is.
 */
async function best(count, prepare, run, rounds = 1) {
  const figures = [];
  for (let burst = 0; burst < BURSTS; burst++) {
    const prepared = await prepare(burst);
    global.gc();
    for (let round = 0; round < rounds; round++) {
      const start = process.hrtime.bigint();
      await run(prepared, round);
      figures.push(Number(process.hrtime.bigint() - start) / count);
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  return Math.min(...figures);
}

async function main([subject, text]) {
  const Flagship = await start(subject, JSON.parse(text));
  const names = (what, burst, count) =>
    Array.from({ length: count }, (_, number) => `${what}-${burst}-${number}`);
  const visitor = (visitorId) =>
    Flagship.newVisitor({ visitorId, hasConsented: true, context });
  const fetchFlags = await best(
    VISITORS,
    (burst) => names("visitor", burst, VISITORS).map(visitor),
    async (visitors) => {
      for (const each of visitors) {
        await each.fetchFlags();
      }
    },
  );
  const newAndFetch = await best(
    VISITORS,
    (burst) => names("new", burst, VISITORS),
    async (ids) => {
      for (const id of ids) {
        await visitor(id).fetchFlags();
      }
    },
  );
  const read = async (burst) => {
    const flags = [];
    for (const id of names("reader", burst, READERS)) {
      const reader = visitor(id);
      await reader.fetchFlags();
      for (let number = 0; number < 50; number++) {
        flags.push(reader.getFlag(`color-${number}`));
      }
    }
    if (flags.some((flag) => flag.getValue("none", false) === "none")) {
      throw new Error("visitors do not have the flags");
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    return flags;
  };
  // With another default it is another exposure, which is not left out as a duplicate.
  const fallbacks = ["none", "nil", "nothing", "nought"];
  const readAll = (flags, round) => {
    for (let i = 0; i < flags.length; i++) {
      flags[i].getValue(fallbacks[round]);
    }
  };
  const getValue = await best(READERS * 50, read, readAll, fallbacks.length);
  return {
    fetch_flags: fetchFlags,
    new_and_fetch: newAndFetch,
    value: getValue,
  };
}

main(process.argv.slice(2)).then(
  (figures) => {
    console.log(JSON.stringify(figures));
    process.exit(0); // the timers of the vendor's SDK would keep the process
  },
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
