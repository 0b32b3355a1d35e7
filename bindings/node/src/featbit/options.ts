import type { IBootstrapProvider } from './bootstrap';
import { BasicLogger, logLevels, SafeLogger, type ILogger, type ILogLevel } from './logging';
import type { IStore } from './store';
import type { DataSynchronizerFactory, IClientContext, IDataSynchronizer } from './synchronizer';
import { validate, type Rules } from './validation';

/** How the flags come. */
export enum DataSyncModeEnum {
  POLLING = 'polling',
  STREAMING = 'streaming',
}

/** What Burgee adds to the options of a vendor's client that has events. Times are in milliseconds. */
export interface EngineExtras {
  /** A folder that keeps events until the server has taken them, also when this process is killed. */
  spoolPath?: string;
  spoolMaxBytes?: number;
  /** How long `close` and the end of the process wait for events to be taken; default 5000, with a spool 1000. */
  closeWait?: number;
  /** A file that keeps the last good flags for a start without the server. */
  cachePath?: string;
  maxBodyBytes?: number;
  /** To connect, and for one HTTP request. */
  connectTimeout?: number;
  requestTimeout?: number;
  /** Before the first reconnection; doubled each time, up to a minute. */
  streamingFirstRetryDelay?: number;
  /** Before a failed delivery of events is tried again. */
  eventsRetryInterval?: number;
  /** How often; as often as it takes by default. */
  eventsMaxRetries?: number;
  tlsConfig?: {
    caCertFile?: string;
    caCertData?: string;
    clientCertFile?: string;
    clientKeyFile?: string;
    insecureSkipVerify?: boolean;
    insecureSkipHostnameVerify?: boolean;
  };
  proxy?: { http?: string; https?: string; no?: string };
}

export interface IOptions extends EngineExtras {
  /** Until `waitForInitialization` rejects, in milliseconds; default 5000. */
  startWaitTime?: number;
  /** The secret of the environment. Needed unless the client is offline. */
  sdkKey?: string;
  /** Default DataSyncModeEnum.STREAMING. */
  dataSyncMode?: DataSyncModeEnum;
  /** Such as "wss://host". Needed for streaming. */
  streamingUri?: string;
  /** Such as "https://host". Needed for polling. */
  pollingUri?: string;
  /** Such as "https://host". Without it no events are sent. */
  eventsUri?: string;
  /** No connections at all. */
  offline?: boolean;
  /** In milliseconds; default 30000. */
  pollingInterval?: number;
  /** How long an event waits for others, in milliseconds; default 2000. */
  flushInterval?: number;
  /** How many events may wait in memory; default 10000. */
  maxEventsInQueue?: number;
  disableEvents?: boolean;
  logger?: ILogger;
  /** Of the default logger; default "info". Ignored when there is a logger. */
  logLevel?: ILogLevel;
  /** In milliseconds. */
  webSocketHandshakeTimeout?: number;
  /** In milliseconds; default 18000. */
  webSocketPingInterval?: number;
  bootstrapProvider?: IBootstrapProvider;
  /** A data source of the program's own, which then delivers all flags. */
  dataSynchronizer?: IDataSynchronizer | DataSynchronizerFactory;
  /** The InMemoryStore that a data source of the program's own is to use. Other stores are refused. */
  store?: IStore | ((clientContext: IClientContext) => IStore);
}

/** Options after validation. */
export interface Settings extends Required<
  Pick<
    IOptions,
    | 'startWaitTime'
    | 'sdkKey'
    | 'dataSyncMode'
    | 'streamingUri'
    | 'pollingUri'
    | 'eventsUri'
    | 'offline'
    | 'pollingInterval'
    | 'flushInterval'
    | 'maxEventsInQueue'
    | 'disableEvents'
    | 'webSocketPingInterval'
  >
> {
  readonly webSocketHandshakeTimeout: number | undefined;
  readonly bootstrapProvider: IBootstrapProvider | undefined;
  readonly dataSynchronizer: IOptions['dataSynchronizer'];
  readonly store: IOptions['store'];
  /** What the engine is to tell the log. */
  readonly engineLog: string;
  readonly extras: EngineExtras;
}

/** The rules for what Burgee adds. */
export const extraRules = {
  spoolPath: { type: 'string', default: '' },
  spoolMaxBytes: { type: 'number', default: undefined, above: 0 },
  closeWait: { type: 'number', default: undefined, atLeast: 0 },
  cachePath: { type: 'string', default: '' },
  maxBodyBytes: { type: 'number', default: undefined, above: 0 },
  connectTimeout: { type: 'number', default: undefined, above: 0 },
  requestTimeout: { type: 'number', default: undefined, above: 0 },
  streamingFirstRetryDelay: { type: 'number', default: undefined, above: 0 },
  eventsRetryInterval: { type: 'number', default: undefined, above: 0 },
  eventsMaxRetries: { type: 'number', default: undefined, atLeast: 0 },
  tlsConfig: { type: 'object', default: undefined },
  proxy: { type: 'object', default: undefined },
} as const satisfies Rules<keyof EngineExtras>;

const rules = {
  startWaitTime: { type: 'number', default: 5000, atLeast: 0 },
  sdkKey: { type: 'string', default: '' },
  dataSyncMode: { type: 'string', default: 'streaming', oneOf: ['streaming', 'polling'] },
  streamingUri: { type: 'string', default: '' },
  pollingUri: { type: 'string', default: '' },
  eventsUri: { type: 'string', default: '' },
  offline: { type: 'boolean', default: false },
  pollingInterval: { type: 'number', default: 30_000, above: 0 },
  flushInterval: { type: 'number', default: 2000, atLeast: 0 },
  maxEventsInQueue: { type: 'number', default: 10_000, above: 0 },
  disableEvents: { type: 'boolean', default: false },
  logger: { type: 'object', default: undefined },
  logLevel: { type: 'string', default: 'info', oneOf: logLevels },
  webSocketHandshakeTimeout: { type: 'number', default: undefined, above: 0 },
  webSocketPingInterval: { type: 'number', default: 18_000, above: 0 },
  bootstrapProvider: { type: 'object', default: undefined },
  dataSynchronizer: { type: 'factory method or object', default: undefined },
  store: { type: 'factory method or object', default: undefined },
  ...extraRules,
} as const satisfies Rules<keyof IOptions>;

/** The logger of the program, made safe, or one that writes to the console. Throws for what is no logger. */
export function loggerOf({ logger, logLevel }: { logger?: ILogger | undefined; logLevel?: ILogLevel }): ILogger {
  const fallback = new BasicLogger({ ...(logLevel === undefined ? {} : { level: logLevel }) });
  return logger === undefined ? fallback : new SafeLogger(logger, fallback);
}

/** The level at which the engine's records are asked for: what nobody would see is not made. */
export function engineLog({ logger, logLevel }: { logger?: ILogger; logLevel?: ILogLevel }): string {
  if (logger !== undefined) {
    return 'debug'; // the program's logger has a level of its own
  }
  return logLevel === 'none' ? 'error' : logLevels.includes(logLevel as ILogLevel) ? (logLevel as string) : 'info';
}

/** Burgee's additions among valid options. */
export function extrasOf(valid: Record<keyof EngineExtras, unknown>): EngineExtras {
  return Object.fromEntries(Object.keys(extraRules).map((name) => [name, valid[name as keyof EngineExtras]]));
}

export function readSettings(options: IOptions, logger: ILogger): Settings {
  const valid = validate(rules, options, logger);
  return { ...(valid as unknown as Settings), engineLog: engineLog(options), extras: extrasOf(valid) };
}

const seconds = (milliseconds: number | undefined): number | undefined =>
  milliseconds === undefined ? undefined : milliseconds / 1000;

/** Burgee's additions in the engine's names and units. */
export function engineExtras(extras: EngineExtras): Record<string, unknown> {
  return {
    spool_path: extras.spoolPath || undefined,
    spool_max_bytes: extras.spoolMaxBytes,
    close_wait_ms: extras.closeWait,
    cache_path: extras.cachePath || undefined,
    max_body_bytes: extras.maxBodyBytes,
    connect_timeout: seconds(extras.connectTimeout),
    request_timeout: seconds(extras.requestTimeout),
    streaming_first_retry_delay: seconds(extras.streamingFirstRetryDelay),
    events_retry_interval: seconds(extras.eventsRetryInterval),
    events_max_retries: extras.eventsMaxRetries,
    tls_config: extras.tlsConfig,
    proxy: extras.proxy,
  };
}

/** How the engine's options are called here, for messages. */
export const extraWords: Readonly<Record<string, string>> = {
  spool_path: 'spoolPath',
  spool_max_bytes: 'spoolMaxBytes',
  close_wait_ms: 'closeWait',
  cache_path: 'cachePath',
  max_body_bytes: 'maxBodyBytes',
  connect_timeout: 'connectTimeout',
  request_timeout: 'requestTimeout',
  streaming_first_retry_delay: 'streamingFirstRetryDelay',
  events_retry_interval: 'eventsRetryInterval',
  events_max_retries: 'eventsMaxRetries',
};

/** As extraWords, for FeatBit's own options. */
export const words: Readonly<Record<string, string>> = {
  ...extraWords,
  env_secret: 'sdkKey',
  streaming_url: 'streamingUri',
  polling_url: 'pollingUri',
  event_url: 'eventsUri',
  data_sync_mode: 'dataSyncMode',
  polling_interval: 'pollingInterval',
  websocket_timeout: 'webSocketHandshakeTimeout',
  ping_interval: 'webSocketPingInterval',
  events_max_in_queue: 'maxEventsInQueue',
  events_flush_interval: 'flushInterval',
  disable_events: 'disableEvents',
};

/** The options for the engine of a client that connects. */
export function connectingOptions(settings: Settings, bootstrap: object | undefined): Record<string, unknown> {
  const polls = settings.dataSyncMode === DataSyncModeEnum.POLLING;
  return {
    ...engineExtras(settings.extras),
    ...eventOptions(settings),
    data_sync_mode: settings.dataSyncMode,
    streaming_url: polls ? undefined : settings.streamingUri,
    polling_url: polls ? settings.pollingUri : undefined,
    polling_interval: polls ? seconds(settings.pollingInterval) : undefined,
    websocket_timeout: polls ? undefined : seconds(settings.webSocketHandshakeTimeout),
    ping_interval: polls ? undefined : seconds(settings.webSocketPingInterval),
    bootstrap,
  };
}

/** The options for the engine of a client whose flags a data source of the program delivers. */
export function deliveredOptions(settings: Settings, document: object): Record<string, unknown> {
  const {
    streaming_first_retry_delay: _stream,
    connect_timeout,
    request_timeout,
    tls_config,
    proxy,
    ...extras
  } = engineExtras(settings.extras);
  const events = eventOptions(settings);
  const network =
    events['event_url'] === undefined ? undefined : { connect_timeout, request_timeout, tls_config, proxy };
  return { ...extras, ...events, ...network, document };
}

function eventOptions(settings: Settings): Record<string, unknown> {
  const { eventsUri, disableEvents } = settings;
  const reports = eventsUri !== '' && !disableEvents;
  return {
    env_secret: settings.sdkKey,
    event_url: reports ? eventsUri : undefined,
    events_max_in_queue: Math.ceil(settings.maxEventsInQueue),
    events_flush_interval: seconds(settings.flushInterval),
    disable_events: !reports,
    app_type: 'NodeJS-Server-SDK',
    user_agent: 'NodeJS-Server-SDK',
  };
}
