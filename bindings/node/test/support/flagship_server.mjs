// A server of AB Tasty Flagship for all tests of a file, as it was at the start before each of them.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach } from 'node:test';

import { repository } from './paths.mjs';
import { startServer } from './server.mjs';

export const envId = 'burgee-local';
export const apiKey = 'burgee-local-key';

/** testdata/flags/demo.flagship.json, a copy each time. */
export const demo = () => JSON.parse(readFileSync(join(repository, 'testdata/flags/demo.flagship.json'), 'utf8'));

const everybody = [{ operator: 'EQUALS', key: 'fs_all_users', value: '' }];

/** A campaign that gives one flag a value, to everybody unless there are other targetings. */
export const campaign = (flag, value, { targetings = everybody, ...members } = {}) => ({
  id: `c-${flag}`,
  name: `Campaign ${flag}`,
  slug: null,
  type: 'toggle',
  variationGroups: [
    {
      id: `vg-${flag}`,
      name: `Group ${flag}`,
      targeting: { targetingGroups: [{ targetings }] },
      variations: [
        {
          id: `va-${flag}`,
          name: `Variation ${flag}`,
          reference: false,
          allocation: 100,
          modifications: { type: 'FLAG', value: { [flag]: value } },
        },
      ],
    },
  ],
  ...members,
});

/** An environment file. */
export const environment = (...campaigns) => ({ campaigns });

/** Starts a server with the vendor's four services, each at an address of its own: cdn, decision (with /v2), events, segments. */
export async function startFlagship(document = demo(), ...args) {
  const server = await startServer(document, '--backend', 'flagship', ...args);
  const { url, send } = server;
  const events = async (atLeast = 0) => {
    await send('GET', `/wait?events=${atLeast}`);
    return send('GET', '/events');
  };
  return {
    ...server,
    cdn: `${url}/cdn`,
    decision: `${url}/decision/v2`,
    events: `${url}/events`,
    segments: `${url}/segments`,
    /** Serves another environment file, at least a second younger than the one before. */
    replace: (file) => send('PUT', '/document', file),
    setSegments: (visitor, list) => send('PUT', `/segments?visitor=${encodeURIComponent(visitor)}`, list),
    refuse: (visitors, status = 400) => send('PUT', '/refuse', { visitors, status }),
    fail: (...faults) => send('PUT', '/faults', faults),
    /** Hits and activations in the order of their arrival, once there are enough. */
    received: events,
    /** The bodies of all hits, those for consent and context included, once there are enough. */
    async hits(atLeast = 0) {
      await send('GET', `/wait?hits=${atLeast}`);
      return (await events()).filter(({ kind }) => kind !== 'activation').map(({ body }) => body);
    },
    /** The bodies of all activations, once there are enough. */
    async activations(atLeast = 0) {
      await send('GET', `/wait?activations=${atLeast}`);
      return (await events()).filter(({ kind }) => kind === 'activation').map(({ body }) => body);
    },
    /** The requests whose path contains this, once there are enough; json is the decoded body. */
    async asked(path, atLeast = 0) {
      for (let seen = atLeast; ; seen++) {
        const found = (await send('GET', '/requests')).filter((request) => request.path.includes(path));
        if (found.length >= atLeast) {
          return found.map((request) => ({ ...request, json: request.body ? JSON.parse(request.body) : undefined }));
        }
        await send('GET', `/wait?requests=${seen}`);
      }
    },
    /** As it was at the start. */
    async reset() {
      await send('PUT', '/faults', []);
      await send('PUT', '/auth', {});
      await send('PUT', '/refuse', { visitors: [] });
      await send('PUT', '/file-headers', {});
      await send('DELETE', '/assignments');
      await send('DELETE', '/segments');
      await send('PUT', '/document', document);
      await send('DELETE', '/events');
      await send('DELETE', '/requests');
    },
  };
}

/** Set before the first test of a file that calls serveFlagship. */
export let server;

export function serveFlagship(document) {
  before(async () => {
    server = await startFlagship(document);
  });
  after(() => server.close());
  beforeEach(() => server.reset());
}
