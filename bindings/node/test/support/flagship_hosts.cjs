// Sends what a program asks of AB Tasty's hosts to a local server: FLAGSHIP_LOCAL_URL. For the vendor's own SDK, which has
// their names built in; preloaded with --require. Only the address changes: method, path, headers and body stay as they are.
'use strict';
const http = require('node:http');
const https = require('node:https');

const prefixes = {
  'cdn.flagship.io': '/cdn',
  'decision.flagship.io': '/decision',
  'events.flagship.io': '/events',
  'api-data-connector.flagship.io': '/segments',
};
const local = new URL(process.env.FLAGSHIP_LOCAL_URL);

// The bundle for Node asks through node-fetch, which gives the parts of a parsed URL and an agent for TLS.
const request = https.request;
https.request = (options, ...rest) => {
  const prefix = prefixes[options.hostname];
  if (prefix === undefined) {
    return request(options, ...rest);
  }
  const { hostname, port } = local;
  const path = prefix + options.path;
  return http.request(
    { ...options, protocol: 'http:', hostname, host: hostname, port, path, agent: undefined },
    ...rest,
  );
};

// The bundle for edge runtimes asks through the global fetch.
const { fetch } = globalThis;
globalThis.fetch = (resource, init) => {
  const url = new URL(resource.url ?? resource);
  const prefix = prefixes[url.hostname];
  return fetch(prefix === undefined ? resource : new URL(prefix + url.pathname + url.search, local), init);
};
