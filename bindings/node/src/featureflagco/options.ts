import { engineExtras, engineLog, extraRules, extrasOf, extraWords, type EngineExtras } from '../featbit/options';
import { logLevels, type ILogger, type ILogLevel } from '../featbit/logging';
import { validate, type Rules } from '../featbit/validation';
import type { JsonBootstrapProvider } from '../featbit/bootstrap';

export interface IOptions extends EngineExtras {
  /** The secret of the environment: Base64. Needed unless the client is offline. */
  envSecret?: string;
  /** Default "wss://api.featureflag.co". */
  streamingUri?: string;
  /** Where events go; default "https://api.featureflag.co". */
  eventsUri?: string;
  /** Until `waitForInitialization` rejects, in milliseconds; default 15000. */
  startWaitTime?: number;
  /** No connections at all. */
  offline?: boolean;
  /** Data for a client that is offline, or until the server answers. */
  bootstrapProvider?: JsonBootstrapProvider;
  /** How long an event waits for others, in milliseconds; default 3000. */
  flushInterval?: number;
  /** How many events may wait in memory; default 10000. */
  maxEventsInQueue?: number;
  disableEvents?: boolean;
  /** In milliseconds; default 10000. */
  webSocketHandshakeTimeout?: number;
  /** In milliseconds; default 10000. */
  webSocketPingInterval?: number;
  logger?: ILogger;
  /** Of the default logger; default "info". Ignored when there is a logger. */
  logLevel?: ILogLevel;
}

const rules = {
  envSecret: { type: 'string', default: '' },
  streamingUri: { type: 'string', default: 'wss://api.featureflag.co' },
  eventsUri: { type: 'string', default: 'https://api.featureflag.co' },
  startWaitTime: { type: 'number', default: 15_000, atLeast: 0 },
  offline: { type: 'boolean', default: false },
  bootstrapProvider: { type: 'object', default: undefined },
  flushInterval: { type: 'number', default: 3000, atLeast: 0 },
  maxEventsInQueue: { type: 'number', default: 10_000, above: 0 },
  disableEvents: { type: 'boolean', default: false },
  webSocketHandshakeTimeout: { type: 'number', default: 10_000, above: 0 },
  webSocketPingInterval: { type: 'number', default: 10_000, above: 0 },
  logger: { type: 'object', default: undefined },
  logLevel: { type: 'string', default: 'info', oneOf: logLevels },
  ...extraRules,
} as const satisfies Rules<keyof IOptions>;

export type Settings = Required<Omit<IOptions, keyof EngineExtras | 'bootstrapProvider' | 'logger' | 'logLevel'>> & {
  readonly bootstrapProvider: JsonBootstrapProvider | undefined;
  readonly engineLog: string;
  readonly extras: EngineExtras;
};

export function readSettings(options: IOptions, logger: ILogger): Settings {
  const valid = validate(rules, options, logger);
  return { ...(valid as unknown as Settings), engineLog: engineLog(options), extras: extrasOf(valid) };
}

/** How the engine's options are called here, for messages. */
export const words: Readonly<Record<string, string>> = {
  ...extraWords,
  env_secret: 'envSecret',
  streaming_url: 'streamingUri',
  event_url: 'eventsUri',
  websocket_timeout: 'webSocketHandshakeTimeout',
  ping_interval: 'webSocketPingInterval',
  events_max_in_queue: 'maxEventsInQueue',
  events_flush_interval: 'flushInterval',
  disable_events: 'disableEvents',
};

/** The options for the engine. */
export function engineOptions(settings: Settings): Record<string, unknown> {
  const document = settings.bootstrapProvider?.message;
  const common = {
    backend: 'featureflagco',
    log_level: settings.engineLog,
    env_secret: settings.envSecret || undefined,
  };
  if (settings.offline) {
    return { ...common, offline: true, document, start_wait_ms: 60_000 };
  }
  return {
    ...common,
    ...engineExtras(settings.extras),
    streaming_url: settings.streamingUri,
    event_url: settings.eventsUri,
    websocket_timeout: settings.webSocketHandshakeTimeout / 1000,
    ping_interval: settings.webSocketPingInterval / 1000,
    events_max_in_queue: Math.ceil(settings.maxEventsInQueue),
    events_flush_interval: settings.flushInterval / 1000,
    disable_events: settings.disableEvents,
    bootstrap: document,
    start_wait_ms: 0,
  };
}
