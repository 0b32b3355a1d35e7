/** The names and shapes of Flipt's client for JavaScript, `@flipt-io/flipt-client-js`. */

/** What a fetcher resolves to: the part of a fetch Response that is used. */
export interface Response {
  readonly ok: boolean;
  readonly status: number;
  readonly statusText: string;
  readonly headers: { get(name: string): string | null };
  json(): Promise<unknown>;
}

export interface IFetcherOptions {
  /** Of the flags that are held; to be sent as If-None-Match. */
  etag?: string;
}

/** Fetches the flags in place of the engine, for a server that only the program knows how to reach. */
export type IFetcher = (options?: IFetcherOptions) => Promise<Response>;

export interface ClientTokenAuthentication {
  clientToken: string;
}

export interface JWTAuthentication {
  jwtToken: string;
}

export type AuthenticationStrategy = ClientTokenAuthentication | JWTAuthentication;

/** What becomes of an error while flags are fetched. */
export enum ErrorStrategy {
  /** `refresh()` rejects. The default. */
  Fail = 'fail',
  /** `refresh()` resolves to false, and `init` accepts a server that is down if there is a snapshot. */
  Fallback = 'fallback',
}

export interface TlsConfig {
  caCertFile?: string;
  caCertData?: string;
  insecureSkipVerify?: boolean;
  insecureSkipHostnameVerify?: boolean;
  clientCertFile?: string;
  clientKeyFile?: string;
  clientCertData?: string;
  clientKeyData?: string;
}

export interface ClientOptions {
  /** Default "default". */
  environment?: string;
  /** Default "default". */
  namespace?: string;
  /** Default "http://localhost:8080". */
  url?: string;
  /** In seconds; default 120. */
  updateInterval?: number;
  authentication?: AuthenticationStrategy | 'none';
  reference?: string;
  /** Base64, as `getSnapshot()` returns it. */
  snapshot?: string;
  fetcher?: IFetcher;
  errorStrategy?: ErrorStrategy | 'fail' | 'fallback';
  hook?: Hook;

  // What follows exists here only.

  /** "streaming" receives changes as they are made; default "polling". */
  fetchMode?: 'polling' | 'streaming' | 'sse';
  /** Of one attempt, in seconds; default: none. */
  requestTimeout?: number;
  tlsConfig?: TlsConfig;
  /** Where the last good flags are kept for a start without the server. */
  cachePath?: string;
  maxBodyBytes?: number;
  proxy?: { http?: string; https?: string; no?: string };
  logLevel?: 'debug' | 'info' | 'warn' | 'error';
  /** How long `init` waits for the first flags, in milliseconds; default 30000. */
  startWaitMs?: number;
  /** Flags from a file instead of a server. */
  file?: string;
  /** Flags given right here instead of by a server. */
  document?: object;
  /** "flipt" by default; with another backend the same calls evaluate its flags. */
  backend?: string;
}

export interface EvaluationRequest {
  flagKey: string;
  entityId: string;
  /** Values that are not strings are ignored. */
  context: Record<string, string>;
}

export interface Flag {
  key: string;
  enabled: boolean;
  /** "VARIANT_FLAG_TYPE" or "BOOLEAN_FLAG_TYPE". */
  type: string;
  description?: string;
  defaultVariant?: { id: string; key: string; attachment?: string };
}

export interface VariantEvaluationResponse {
  match: boolean;
  segmentKeys: string[];
  /** Such as "MATCH_EVALUATION_REASON". */
  reason: string;
  flagKey: string;
  /** Empty when there is none. */
  variantKey: string;
  /** Absent when there is none. */
  variantAttachment?: string;
  requestDurationMillis: number;
  /** ISO 8601, UTC. */
  timestamp: string;
}

export interface BooleanEvaluationResponse {
  enabled: boolean;
  flagKey: string;
  reason: string;
  requestDurationMillis: number;
  timestamp: string;
  segmentKeys: string[];
}

export interface ErrorEvaluationResponse {
  flagKey: string;
  namespaceKey: string;
  reason: string;
}

/** One entry of a batch: of the three members that its type names, one is there. */
export interface EvaluationResponse {
  type: string;
  booleanEvaluationResponse?: BooleanEvaluationResponse;
  variantEvaluationResponse?: VariantEvaluationResponse;
  errorEvaluationResponse?: ErrorEvaluationResponse;
}

export interface BatchEvaluationResponse {
  responses: EvaluationResponse[];
  requestDurationMillis: number;
}

/** Is told of every evaluation. */
export interface Hook {
  before(data: { flagKey: string }): void;
  /** Not called for an error. value is the variant key, or "true" or "false". */
  after(data: { flagKey: string; flagType: string; value: string; reason: string; segmentKeys: string[] }): void;
}

/** Makes the options that `init` uses when it is given none. */
export class ClientOptionsFactory {
  static default(): ClientOptions {
    return {
      environment: 'default',
      namespace: 'default',
      url: 'http://localhost:8080',
      reference: '',
      updateInterval: 120,
      errorStrategy: ErrorStrategy.Fail,
    };
  }
}
