// Times a change from the local server to a listener in Node: node_featbit_pushed.cjs burgee|@featbit/node-server-sdk WHERE.
// The time begins when the server is told to change the flag. Prints milliseconds by name as JSON.
"use strict";

const { once } = require("node:events");
const http = require("node:http");

const CHANGES = 300;
const KEY = "flag-7";

async function main([subject, text]) {
  const where = JSON.parse(text);
  const { FbClientBuilder } = require(
    subject === "burgee" ? "burgee/featbit" : subject,
  );
  const client = new FbClientBuilder({ logLevel: "none" })
    .sdkKey(where.secret)
    .streamingUri(where.url.replace("http", "ws"))
    .eventsUri(where.url)
    .build();
  await client.waitForInitialization();
  const alive = setInterval(() => {}, 1000); // Burgee keeps no process alive
  const agent = new http.Agent({ keepAlive: true });
  const delays = [];
  for (let number = 0; number < CHANGES; number++) {
    const changed = once(client, `update:${KEY}`).then(() => performance.now());
    const start = performance.now();
    const request = http.request(`${where.control}/flag?key=${KEY}`, {
      method: "PATCH",
      agent,
    });
    request.end(JSON.stringify({ name: `Flag ${number}` }));
    const [answer] = await once(request, "response");
    answer.resume();
    delays.push((await changed) - start);
  }
  clearInterval(alive);
  delays.sort((a, b) => a - b);
  const mean = delays.reduce((sum, delay) => sum + delay, 0) / delays.length;
  return { mean_ms: mean, p99_ms: delays[Math.floor(delays.length * 0.99)] };
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
