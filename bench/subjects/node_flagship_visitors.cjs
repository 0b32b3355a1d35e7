// Makes and forgets a million visitors of Flagship: node_flagship_visitors.cjs WHERE. Prints memory and time as JSON.
"use strict";

const COUNT = 1_000_000;
const WARM_UP = 100_000; // until the heap is as large as it gets

const context = {
  country: "FR",
  age: 31,
  device: "phone",
  premium: true,
  plan: "gold",
};

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Kilobytes of this process, when what is forgotten has been given back. */
async function residentKB() {
  for (let i = 0; i < 5; i++) {
    global.gc();
    await turn();
  }
  return process.memoryUsage.rss() / 1024;
}

/** Each visitor fetches its flags and reads one. */
async function comeAndGo(Flagship, count) {
  for (let number = 0; number < count; number++) {
    const visitor = Flagship.newVisitor({
      visitorId: `visitor-${number}`,
      hasConsented: true,
      context,
    });
    await visitor.fetchFlags();
    visitor.getFlag("color-1").getValue("none", false);
    if (number % 100 === 99) {
      await turn(); // as between two requests of a server
    }
  }
}

async function main([text]) {
  const { Flagship, DecisionMode, LogLevel } = require("burgee/flagship");
  await Flagship.start("burgee-local", "burgee-local-key", {
    decisionMode: DecisionMode.BUCKETING,
    pollingInterval: 0,
    fetchNow: false,
    logLevel: LogLevel.NONE,
    cdnUrl: JSON.parse(text).url,
    disableEvents: true,
  });
  await comeAndGo(Flagship, WARM_UP);
  const before = await residentKB();
  const start = process.hrtime.bigint();
  await comeAndGo(Flagship, COUNT);
  const microseconds = Number(process.hrtime.bigint() - start) / 1e3 / COUNT;
  const after = await residentKB();
  await Flagship.close();
  return {
    grown_kb: after - before,
    resident_kb: after,
    visitor_us: microseconds,
  };
}

main(process.argv.slice(2)).then(
  (figures) => {
    console.log(JSON.stringify(figures));
    process.exit(0);
  },
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
