// A server of FeatBit for all tests of a file, as it was at the start before each of them.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach } from 'node:test';

import { FbClientBuilder } from 'burgee/featbit';
import { featbitSecret, keepingLogger, sampleMessage } from './featbit.mjs';
import { startServer } from './server.mjs';

/** Set before the first test: the server, and a folder for files. */
export let server;
export let folder;

before(async () => {
  server = await startServer(sampleMessage, '--backend', 'featbit');
  folder = mkdtempSync(join(tmpdir(), 'burgee-featbit-'));
});
after(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  await server.send('PUT', '/faults', []);
  await server.send('PUT', '/auth', { secret: '' });
  await server.send('PUT', '/clock', { offset_ms: 0 });
  await server.send('DELETE', '/document');
  await server.send('PUT', '/document', sampleMessage);
  await server.send('DELETE', '/events');
  await server.send('DELETE', '/requests');
});

/** A client that connects and is impatient. */
export const streaming = (options = {}) =>
  new FbClientBuilder({
    sdkKey: featbitSecret,
    streamingUri: server.url.replace('http', 'ws'),
    eventsUri: server.url,
    flushInterval: 20,
    eventsRetryInterval: 20,
    streamingFirstRetryDelay: 20,
    logger: keepingLogger(),
    ...options,
  }).build();

export const eventCounts = () => server.send('GET', '/events/count');

/** The bodies of the events that the server has accepted. */
export const events = async () => (await server.send('GET', '/events')).map(({ body }) => body);
