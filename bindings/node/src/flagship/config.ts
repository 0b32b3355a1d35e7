/** The configuration of the SDK. Times are in seconds. */
import type { EngineExtras } from '../featbit/options';
import type { IHitCacheImplementation, IVisitorCacheImplementation } from './caches';
import { CacheStrategy, DecisionMode, LogLevel, type FSSdkStatus } from './enums';
import { namesOf } from './input';
import type { IFlagshipLogManager } from './logging';
import type { BucketingDTO, OnVisitorExposed } from './types';

export interface ITrackingManagerConfig {
  /** How long hits wait for others: 1 to 10800, or 0 for as long as it takes to fill the pool. Default 10. */
  batchIntervals?: number;
  /** So many hits leave together: 5 at least. Default 100. */
  poolMaxSize?: number;
  /** Default PERIODIC_CACHING. */
  cacheStrategy?: CacheStrategy;
}

/** What all backends have. Where they speak of events and flags, hits and the environment file are meant. */
type SharedExtras = 'spoolPath' | 'spoolMaxBytes' | 'cachePath' | 'maxBodyBytes' | 'tlsConfig' | 'proxy';

/** What Burgee adds to the configuration of the vendor's SDK. */
export interface BurgeeConfig extends Pick<EngineExtras, SharedExtras> {
  /** Where the environment file is fetched; default "https://cdn.flagship.io". */
  cdnUrl?: string;
  /** Where hits go; default "https://events.flagship.io". */
  eventsUrl?: string;
  /** Where other vendors' segments are; default "https://api-data-connector.flagship.io". */
  segmentsUrl?: string;
  /** How long `close` and the end of the process wait for hits to be taken; default 5, at the end with a spool 1. */
  closeWait?: number;
  /** How long a cache may take for one call; default 2. */
  cacheTimeout?: number;
  /** Nothing is sent: no hits, no activations. */
  disableEvents?: boolean;
  /** Whose rules of targeting count: this SDK's (the default), the Python SDK's, or those of the decision API itself. */
  targeting?: 'javascript' | 'python' | 'decision_api';
}

export interface IFlagshipConfig extends BurgeeConfig {
  /** Filled in by `start`. */
  envId?: string;
  /** Filled in by `start`. */
  apiKey?: string;
  /** Default DECISION_API. */
  decisionMode?: DecisionMode | `${DecisionMode}`;
  /** Whether a visitor fetches its flags as soon as it is made. Default true; not in the mode BUCKETING_EDGE. */
  fetchNow?: boolean;
  /** Of a request; default 2. */
  timeout?: number;
  /** The least important level that is shown; default ALL. */
  logLevel?: LogLevel;
  /** Receives messages. Without it and onLog they go to the console. */
  logManager?: IFlagshipLogManager;
  onLog?: (level: LogLevel, tag: string, message: string) => void;
  /** Where the decision API is; default "https://decision.flagship.io/v2". Activations go there too. */
  decisionApiUrl?: string;
  /** Between two requests for the environment file, at least 0.1; 0: there is only one. Default 5. */
  pollingInterval?: number;
  /** The same hit of a visitor is not sent twice within it; 0: it is. Default 2.5. */
  hitDeduplicationTime?: number;
  /** A fetch so soon after another one does nothing; 0: every one does. Default 2. */
  fetchFlagsBufferingTime?: number;
  /** An environment file to begin with, as an object or as its text. */
  initialBucketing?: BucketingDTO | string;
  /** Whether attributes that other vendors have of a visitor are fetched with its flags. Default false; not with DECISION_API. */
  fetchThirdPartyData?: boolean;
  visitorCacheImplementation?: IVisitorCacheImplementation;
  hitCacheImplementation?: IHitCacheImplementation;
  /** Uses neither of the caches. Default false. */
  disableCache?: boolean;
  trackingManagerConfig?: ITrackingManagerConfig;
  onSdkStatusChanged?: (status: FSSdkStatus) => void;
  /** After every request for the environment file that succeeded; 304: the file is the same as before. */
  onBucketingSuccess?: (param: { status: number; payload?: BucketingDTO }) => void;
  onBucketingFail?: (error: Error) => void;
  /** When there is another environment file; the argument is when it was changed. */
  onBucketingUpdated?: (lastUpdate: Date) => void;
  /** When the vendor has accepted that a visitor saw a flag. */
  onVisitorExposed?: (arg: OnVisitorExposed) => void;
  /** Marks hits as made by somebody who tests the environment. Default false. */
  isQAModeEnabled?: boolean;
  /** Whether activations wait for a batch as hits do. Default false. */
  batchActivateHits?: boolean;
  /** What the vendor is told as the release of the SDK. */
  sdkVersion?: string;
  /** Accepted without effect: this is not a browser. */
  reuseVisitorIds?: boolean;
  /** Accepted without effect: requests are not made by Next.js. */
  nextFetchConfig?: Record<string, unknown>;
  /** Accepted without effect: nothing of the kind is collected. */
  disableDeveloperUsageTracking?: boolean;
  /** Accepted without effect. */
  language?: number;
}

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === 'string';
const isBoolean: Check = (value) => typeof value === 'boolean';
const isFunction: Check = (value) => typeof value === 'function';
const isObject: Check = (value) => typeof value === 'object' && value !== null;
const isPositive: Check = (value) => typeof value === 'number' && Number.isFinite(value) && value > 0;
const isNotNegative: Check = (value) => value === 0 || isPositive(value);
const oneOf =
  (...values: unknown[]): Check =>
  (value) =>
    values.includes(value);

const modes = Object.values(DecisionMode);
const targetings = ['javascript', 'python', 'decision_api'];

/** What each member has to be, in words and as a check. What is not gets its default. */
const rules: Readonly<Record<string, readonly [wanted: string, check: Check]>> = {
  decisionMode: [`one of ${modes.join(', ')}`, oneOf(...modes)],
  fetchNow: ['a boolean', isBoolean],
  timeout: ['a number above 0', isPositive],
  logLevel: ['a LogLevel', (value) => Number.isInteger(value) && LogLevel[value as number] !== undefined],
  logManager: ['an object', isObject],
  onLog: ['a function', isFunction],
  decisionApiUrl: ['a text', isText],
  pollingInterval: ['a number from 0 on', isNotNegative],
  hitDeduplicationTime: ['a number from 0 on', isNotNegative],
  fetchFlagsBufferingTime: ['a number from 0 on', isNotNegative],
  initialBucketing: ['an object or a text', (value) => isObject(value) || isText(value)],
  fetchThirdPartyData: ['a boolean', isBoolean],
  visitorCacheImplementation: ['an object', isObject],
  hitCacheImplementation: ['an object', isObject],
  disableCache: ['a boolean', isBoolean],
  trackingManagerConfig: ['an object', isObject],
  onSdkStatusChanged: ['a function', isFunction],
  onBucketingSuccess: ['a function', isFunction],
  onBucketingFail: ['a function', isFunction],
  onBucketingUpdated: ['a function', isFunction],
  onVisitorExposed: ['a function', isFunction],
  isQAModeEnabled: ['a boolean', isBoolean],
  batchActivateHits: ['a boolean', isBoolean],
  sdkVersion: ['a text', isText],
  cdnUrl: ['a text', isText],
  eventsUrl: ['a text', isText],
  segmentsUrl: ['a text', isText],
  spoolPath: ['a text', isText],
  spoolMaxBytes: ['a number above 0', isPositive],
  closeWait: ['a number from 0 on', isNotNegative],
  cachePath: ['a text', isText],
  cacheTimeout: ['a number above 0', isPositive],
  disableEvents: ['a boolean', isBoolean],
  targeting: [`one of ${targetings.join(', ')}`, oneOf(...targetings)],
  maxBodyBytes: ['a number above 0', isPositive],
  tlsConfig: ['an object', isObject],
  proxy: ['an object', isObject],
};

/** The defaults of a server. */
export const defaults = {
  decisionMode: DecisionMode.DECISION_API,
  fetchNow: true,
  timeout: 2,
  logLevel: LogLevel.ALL,
  decisionApiUrl: 'https://decision.flagship.io/v2',
  pollingInterval: 5,
  hitDeduplicationTime: 2.5,
  fetchFlagsBufferingTime: 2,
  fetchThirdPartyData: false,
  disableCache: false,
  reuseVisitorIds: true,
  disableDeveloperUsageTracking: false,
  isQAModeEnabled: false,
  batchActivateHits: false,
  nextFetchConfig: { revalidate: 20 },
  trackingManagerConfig: { batchIntervals: 10, poolMaxSize: 100, cacheStrategy: CacheStrategy.PERIODIC_CACHING },
} as const satisfies IFlagshipConfig;

/** A configuration in which every member that has a default has a value. */
export type CompleteConfig = IFlagshipConfig &
  Required<Pick<IFlagshipConfig, Exclude<keyof typeof defaults, 'decisionMode'>>> & { decisionMode: DecisionMode };

/**
 * Fills in the defaults, also for what makes no sense, which problem hears of. Members that are not known stay as they are.
 */
export function completeConfig(given: unknown, problem: (message: string) => void): CompleteConfig {
  const config: Record<string, unknown> = { ...defaults, trackingManagerConfig: { ...defaults.trackingManagerConfig } };
  for (const name of namesOf(given, problem)) {
    try {
      take(config, name, (given as Record<string, unknown>)[name], problem);
    } catch {
      problem(`${name} cannot be read: the default is used`);
    }
  }
  return config as unknown as CompleteConfig;
}

function take(config: Record<string, unknown>, name: string, value: unknown, problem: (message: string) => void): void {
  const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
  if (value === undefined || value === null) {
    return;
  }
  if (rule === undefined || rule[1](value)) {
    config[name] = name === 'trackingManagerConfig' ? { ...defaults.trackingManagerConfig, ...value } : value;
  } else {
    problem(`${name} is not ${rule[0]}: the default is used`);
  }
}

/** A configuration for the mode in which the vendor's server decides. */
export class DecisionApiConfig implements IFlagshipConfig {
  declare timeout: number;
  declare fetchNow: boolean;
  declare logLevel: LogLevel;
  declare decisionMode: DecisionMode;

  constructor(param: Omit<IFlagshipConfig, 'decisionMode'> = {}) {
    Object.assign(
      this,
      completeConfig(param, () => undefined),
      { decisionMode: DecisionMode.DECISION_API },
    );
  }
}
