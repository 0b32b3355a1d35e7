// Times the first decision in a fresh process: node_open.cjs FLAG_FILE. Prints milliseconds as JSON.
"use strict";

const milliseconds = () => Number(process.hrtime.bigint()) / 1e6;

async function main(file) {
  const start = milliseconds();
  const burgee = require("burgee");
  const loaded = milliseconds();
  const client = await burgee.open({ backend: "file", file });
  const opened = milliseconds();
  const context = {
    targetingKey: "user-1",
    plan: "pro",
    age: "42",
    country: "fr",
  };
  const decision = client.boolean("flag-7", false, context);
  const decided = milliseconds();
  await client.close();
  if (decision !== true) {
    throw new Error("flag-7 is not on");
  }
  console.log(
    JSON.stringify({
      import_ms: loaded - start,
      decision_ms: decided - loaded,
      first_call_ms: decided - opened,
    }),
  );
}

main(process.argv[2]).catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
