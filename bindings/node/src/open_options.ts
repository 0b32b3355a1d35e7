/** Options of `open`. Each may also be written as the engine has it, with underscores. */
export interface OpenOptions extends FliptOptions, DataSyncOptions, FlagshipOptions, EventOptions {
  /** "flipt" (the default), "file", "featbit", "featureflagco" or "flagship". */
  readonly backend?: string;
  /** How long open waits for the first flags, in milliseconds; default 15000. */
  readonly startWaitMs?: number;
  /** Where the last good flags are kept for the next start. */
  readonly cachePath?: string;
  /** Of one HTTP request, in seconds. */
  readonly requestTimeout?: number;
  readonly maxBodyBytes?: number;
  readonly logLevel?: 'debug' | 'info' | 'warn' | 'error';
  readonly proxy?: { readonly http?: string; readonly https?: string; readonly no?: string };
  /** A file with flags, reloaded when it changes. */
  readonly file?: string;
  /** The flags themselves. */
  readonly document?: object;
  readonly tlsConfig?: {
    readonly caCertFile?: string;
    readonly caCertData?: string;
    readonly insecureSkipVerify?: boolean;
    readonly insecureSkipHostnameVerify?: boolean;
    readonly clientCertFile?: string;
    readonly clientKeyFile?: string;
    readonly clientCertData?: string;
    readonly clientKeyData?: string;
  };
  /** Options that another backend has. */
  readonly [option: string]: unknown;
}

/** Options of the backend "flipt". */
export interface FliptOptions {
  readonly url?: string;
  readonly namespace?: string;
  readonly environment?: string;
  readonly reference?: string;
  /** In seconds; default 120. */
  readonly updateInterval?: number;
  readonly authentication?: { readonly clientToken: string } | { readonly jwtToken: string } | 'none';
  readonly fetchMode?: 'polling' | 'streaming' | 'sse' | 'none';
  /** "fallback" (the default) keeps the last good flags when fetching fails, "fail" makes every evaluation fail. */
  readonly errorStrategy?: 'fail' | 'fallback';
  /** Base64 of a Flipt engine snapshot. */
  readonly snapshot?: string;
}

/** Options of the backends "featbit" and "featureflagco". */
export interface DataSyncOptions {
  /** The secret of the environment. */
  readonly envSecret?: string;
  /** Such as "wss://host". */
  readonly streamingUrl?: string;
  /** Such as "https://host". */
  readonly eventUrl?: string;
  /** Such as "https://host"; for the mode "polling". */
  readonly pollingUrl?: string;
  /** Default "streaming". */
  readonly dataSyncMode?: 'streaming' | 'polling';
  /** In seconds. */
  readonly pollingInterval?: number;
  /** In seconds, doubled each time, up to a minute; default 1. */
  readonly streamingFirstRetryDelay?: number;
  /** In seconds. */
  readonly websocketTimeout?: number;
  /** In seconds. */
  readonly pingInterval?: number;
  /** No connections at all. */
  readonly offline?: boolean;
  /** The flags until the server answers. */
  readonly bootstrap?: object;
}

/** Options of the backend "flagship". */
export interface FlagshipOptions {
  readonly envId?: string;
  readonly apiKey?: string;
  /** Default "decision_api", in which each evaluation waits for the server. */
  readonly decisionMode?: 'decision_api' | 'bucketing' | 'bucketing_edge';
  /** An environment file to begin with, as an object or as its text. */
  readonly initialBucketing?: object | string;
  /** Whose rules of targeting count; default "javascript". */
  readonly targeting?: 'javascript' | 'python' | 'decision_api';
  /** With "/v2" at its end. */
  readonly decisionUrl?: string;
  readonly cdnUrl?: string;
  readonly eventsUrl?: string;
  /** For one decision of the server, in seconds; default 2. */
  readonly fetchTimeout?: number;
  /** How long such a decision is used again, in seconds; default 2. */
  readonly fetchFlagsBufferingTime?: number;
}

/** Options of every backend that tells its vendor of evaluations. */
export interface EventOptions {
  /** How many events may wait in memory. */
  readonly eventsMaxInQueue?: number;
  /** How long an event waits for others, in seconds. */
  readonly eventsFlushInterval?: number;
  /** Before a failed request is made again, in seconds; doubled each time. */
  readonly eventsRetryInterval?: number;
  /** How often; as often as it takes by default. */
  readonly eventsMaxRetries?: number;
  readonly disableEvents?: boolean;
  /** A folder that keeps events until the server has taken them, also when this process is killed. */
  readonly spoolPath?: string;
  readonly spoolMaxBytes?: number;
  /** How long closing waits for events to be taken; default 5000, with a spool 1000. */
  readonly closeWaitMs?: number;
}
