// The vendor's own SDK in a process of its own, because it has one instance and timers that nothing ends. It asks a local
// server under the vendor's names.
import { join } from 'node:path';

import { run } from './children.mjs';
import { apiKey, envId } from './flagship_server.mjs';
import { packageFolder } from './paths.mjs';

const prelude = `
  const { Flagship, ...sdk } = require(process.env.FLAGSHIP_SDK);
  const { DecisionMode, EventCategory, HitType, LogLevel } = sdk;
  const control = async (method, path, body) => {
    const response = await fetch(process.env.FLAGSHIP_CONTROL + path, { method, body: body && JSON.stringify(body) });
    if (!response.ok) throw new Error(path + ': ' + response.status + ' ' + (await response.text()));
    return response.status === 204 ? undefined : response.json();
  };
  const start = (decisionMode, options) =>
    Flagship.start(${JSON.stringify(envId)}, process.env.FLAGSHIP_KEY, {
      decisionMode, fetchNow: false, fetchFlagsBufferingTime: 0, timeout: 25, logLevel: LogLevel.NONE, trackingManagerConfig: { batchIntervals: 1 },
      disableDeveloperUsageTracking: true, ...options,
    });
`;

/** Runs the body of an async function with Flagship, start(mode, options) and control(method, path, body). Returns what it returns. */
export async function runSDK(server, body, { bundle = '@flagship.io/js-sdk', key = apiKey } = {}) {
  const script = `${prelude}
    (async () => { ${body} })().then(
      (result) => process.stdout.write(JSON.stringify(result ?? null), () => process.exit(0)),
      (error) => { console.error(error); process.exit(1); });`;
  const { code, stdout, stderr } = await run(script, {
    args: ['--require', join(packageFolder, 'test/support/flagship_hosts.cjs')],
    env: { FLAGSHIP_LOCAL_URL: server.url, FLAGSHIP_CONTROL: server.control, FLAGSHIP_SDK: bundle, FLAGSHIP_KEY: key },
  });
  if (code !== 0) {
    throw new Error(`the SDK's process ended with ${code}: ${stdout} ${stderr}`);
  }
  return JSON.parse(stdout);
}
