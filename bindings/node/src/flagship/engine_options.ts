/** The configuration in the engine's names. */
import { inWords } from '../options';
import type { CompleteConfig, IFlagshipConfig } from './config';
import { CacheStrategy, DecisionMode, LogLevel } from './enums';

const modes: Readonly<Record<DecisionMode, string>> = {
  [DecisionMode.DECISION_API]: 'decision_api',
  [DecisionMode.BUCKETING]: 'bucketing',
  [DecisionMode.BUCKETING_EDGE]: 'bucketing_edge',
};

/** Bounds how long opening may take when the environment file is at hand, in milliseconds. */
const openingTime = 60_000;

/** The engine refuses longer times and shorter intervals, of which the vendor's SDK takes any, in seconds. */
const longestTime = 366 * 24 * 60 * 60;
const shortestPolling = 0.1;

function atMost(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : Math.min(seconds, longestTime);
}

function pollingOf({ decisionMode, pollingInterval }: CompleteConfig): number | undefined {
  if (decisionMode !== DecisionMode.BUCKETING) {
    return undefined;
  }
  return pollingInterval === 0 ? 0 : atMost(Math.max(pollingInterval, shortestPolling));
}

/** The level at which the engine's records are asked for: what nobody would see is not made. */
function engineLog(level: LogLevel): string {
  if (level >= LogLevel.DEBUG) {
    return 'debug';
  }
  return level >= LogLevel.NOTICE ? 'info' : level === LogLevel.WARNING ? 'warn' : 'error';
}

/** The options of a client that is a start of the SDK. instance names the SDK. */
export function startOptions(instance: string, config: CompleteConfig): Record<string, unknown> {
  const local = config.decisionMode !== DecisionMode.DECISION_API;
  const caches = !config.disableCache;
  return {
    backend: 'flagship',
    sdk: 'javascript',
    sdk_instance: instance,
    start_wait_ms: config.decisionMode === DecisionMode.BUCKETING_EDGE ? openingTime : 0,
    env_id: config.envId,
    api_key: config.apiKey,
    decision_mode: modes[config.decisionMode],
    targeting: local ? config.targeting : undefined,
    polling_interval: pollingOf(config),
    initial_bucketing: local ? config.initialBucketing : undefined,
    decision_url: config.decisionApiUrl,
    cdn_url: config.cdnUrl,
    events_url: config.eventsUrl,
    segments_url: config.segmentsUrl,
    sdk_version: config.sdkVersion,
    request_timeout: atMost(config.timeout),
    fetch_timeout: atMost(config.timeout),
    fetch_flags_buffering_time: atMost(config.fetchFlagsBufferingTime),
    hit_deduplication_time: atMost(config.hitDeduplicationTime),
    fetch_third_party_data: config.fetchThirdPartyData,
    qa_mode: config.isQAModeEnabled,
    report_exposures: config.onVisitorExposed !== undefined,
    tracking: trackingOptions(config),
    visitor_cache: caches && config.visitorCacheImplementation !== undefined,
    hit_cache: caches && config.hitCacheImplementation !== undefined,
    log_level: engineLog(config.logLevel),
    ...extraOptions(config),
  };
}

/** What Burgee adds. */
function extraOptions(config: IFlagshipConfig): Record<string, unknown> {
  return {
    spool_path: config.spoolPath || undefined,
    spool_max_bytes: config.spoolMaxBytes,
    close_wait_ms: config.closeWait === undefined ? undefined : Math.round(config.closeWait * 1000),
    cache_path: config.cachePath || undefined,
    cache_timeout: atMost(config.cacheTimeout),
    disable_events: config.disableEvents,
    max_body_bytes: config.maxBodyBytes,
    tls_config: config.tlsConfig,
    proxy: config.proxy,
  };
}

function trackingOptions(config: CompleteConfig): Record<string, unknown> {
  const { batchIntervals, poolMaxSize, cacheStrategy } = config.trackingManagerConfig;
  return {
    pool_max_size: Number.isInteger(poolMaxSize) ? poolMaxSize : undefined,
    batch_interval:
      Number.isFinite(batchIntervals) && (batchIntervals as number) >= 0 ? atMost(batchIntervals) : undefined,
    cache_strategy: cacheStrategy === CacheStrategy.CONTINUOUS_CACHING ? 'continuous' : 'periodic',
    batch_activations: config.batchActivateHits,
  };
}

/** How the engine's options are called here, for messages. */
export const words: Readonly<Record<string, string>> = {
  env_id: 'envId',
  api_key: 'apiKey',
  decision_mode: 'decisionMode',
  polling_interval: 'pollingInterval',
  initial_bucketing: 'initialBucketing',
  decision_url: 'decisionApiUrl',
  cdn_url: 'cdnUrl',
  events_url: 'eventsUrl',
  segments_url: 'segmentsUrl',
  sdk_version: 'sdkVersion',
  request_timeout: 'timeout',
  fetch_timeout: 'timeout',
  fetch_flags_buffering_time: 'fetchFlagsBufferingTime',
  hit_deduplication_time: 'hitDeduplicationTime',
  fetch_third_party_data: 'fetchThirdPartyData',
  qa_mode: 'isQAModeEnabled',
  pool_max_size: 'poolMaxSize',
  batch_interval: 'batchIntervals',
  cache_strategy: 'cacheStrategy',
  spool_path: 'spoolPath',
  spool_max_bytes: 'spoolMaxBytes',
  close_wait_ms: 'closeWait',
  tls_config: 'tlsConfig',
  cache_path: 'cachePath',
  cache_timeout: 'cacheTimeout',
  disable_events: 'disableEvents',
  max_body_bytes: 'maxBodyBytes',
};

/** A message of the engine that speaks of options as they are called here. */
export function reworded(message: string): string {
  return inWords(message, (name) => words[name]);
}
