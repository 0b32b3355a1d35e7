/** What the SDK is to a program: one start at a time, its configuration, its callbacks. */
import { Connection, type VendorEvent } from '../connection';
import { Caches } from './caches';
import { completeConfig, type CompleteConfig, type IFlagshipConfig } from './config';
import { Engine } from './engine';
import { reworded, startOptions, words } from './engine_options';
import { DecisionMode, FSSdkStatus, LogLevel } from './enums';
import { isThenable, Logs, messageOf } from './logging';
import { longestTimer } from './timers';
import type { BucketingDTO, OnVisitorExposed } from './types';

const logLevels: Readonly<Record<string, LogLevel>> = {
  debug: LogLevel.DEBUG,
  info: LogLevel.INFO,
  warn: LogLevel.WARNING,
  error: LogLevel.ERROR,
};

const defaultCacheTimeout = 2; // seconds
const defaultCloseWait = 5; // seconds

export class Runtime {
  readonly logs = new Logs();
  readonly engine = new Engine(this.logs, (event) => this.hear(event));
  config: CompleteConfig = completeConfig({}, () => undefined);
  /** The visitor that `Flagship.getVisitor()` returns. */
  saved: unknown;
  private started: Connection | undefined;
  /** Who waits for the first environment file, and when that is too long. */
  private polled: (() => void)[] = [];
  private patience: NodeJS.Timeout | undefined;
  private first: Promise<void> = Promise.resolve();
  private readonly caches = new Caches(this.logs, (params) => this.engine.ask('cache.answer', params));

  /**
   * Starts the SDK, again if need be. Resolves when the first environment file is there, cannot be had, or takes longer than
   * a request may. Never rejects.
   */
  start(envId: unknown, apiKey: unknown, config: unknown): Promise<void> {
    const problems: string[] = [];
    const complete = completeConfig(config, (problem) => problems.push(problem));
    this.config = { ...complete, envId: envId as string, apiKey: apiKey as string };
    this.use(this.config);
    problems.forEach((problem) => this.logs.warning('start', problem));
    if (typeof envId !== 'string' || envId === '' || typeof apiKey !== 'string' || apiKey === '') {
      this.logs.error('start', 'the environment id and the API key have to be texts that are not empty');
      return this.replace(undefined);
    }
    try {
      this.engine.open();
      return this.open();
    } catch (error) {
      this.logs.error('start', reworded(messageOf(error)));
      return this.replace(undefined);
    }
  }

  private use(config: CompleteConfig): void {
    this.logs.use({ logLevel: config.logLevel, logManager: config.logManager, onLog: config.onLog });
    this.caches.use({
      visitors: config.disableCache ? undefined : config.visitorCacheImplementation,
      hits: config.disableCache ? undefined : config.hitCacheImplementation,
      limit: (config.cacheTimeout ?? defaultCacheTimeout) * 1000,
    });
  }

  private open(): Promise<void> {
    const first = new Promise<void>((resolve) => this.polled.push(resolve));
    const started = Connection.openNow(startOptions(this.engine.instance, this.config), words);
    started.on('log', ({ level, logger, message }) => this.heardLog(level, logger, message));
    void this.replace(started);
    if (this.config.decisionMode !== DecisionMode.BUCKETING) {
      this.endWaiting();
    } else {
      // One request takes so long at most. The engine makes it again when it fails, which nobody waits for.
      const limit = Math.min(this.config.timeout * 1000, longestTimer);
      clearTimeout(this.patience);
      this.patience = setTimeout(() => this.endWaiting(), limit);
    }
    this.first = this.engine.keepAwake(first.then(() => this.engine.mark()));
    return this.first;
  }

  get isStarted(): boolean {
    return this.started !== undefined;
  }

  /** Until when a fetch is in vain because the first environment file is on its way; undefined: it is not. */
  get firstFile(): Promise<void> | undefined {
    const { initialBucketing, cachePath } = this.config;
    const wait = this.polled.length > 0 && initialBucketing === undefined && cachePath === undefined;
    return wait ? this.first : undefined;
  }

  /** Takes over a start, and ends the one before: what that has is sent. Resolves when it has ended. */
  private async replace(started: Connection | undefined): Promise<void> {
    const before = this.started;
    this.started = started;
    if (started === undefined) {
      this.endWaiting();
    }
    try {
      await before?.close();
    } catch (error) {
      this.logs.error('start', messageOf(error));
    }
  }

  /** Ends waiting for the first file, unless the request was one of the start before. */
  private polledOnce(): void {
    if (this.polled.length > 0) {
      const status = this.started?.status();
      if (status === undefined || status.state !== 'NOT_READY' || status.error !== null) {
        this.endWaiting();
      }
    }
  }

  private endWaiting(): void {
    clearTimeout(this.patience);
    this.polled.splice(0).forEach((resolve) => resolve());
  }

  status(): FSSdkStatus {
    if (this.started === undefined) {
      return FSSdkStatus.SDK_NOT_INITIALIZED;
    }
    return this.engine.ask<{ status: FSSdkStatus }>('status', {})?.status ?? FSSdkStatus.SDK_NOT_INITIALIZED;
  }

  /** Sends everything that is pending. Resolves when the vendor has answered and the callbacks have run. */
  async close(): Promise<void> {
    if (this.started === undefined) {
      return;
    }
    const wait = Math.round((this.config.closeWait ?? defaultCloseWait) * 1000);
    const reply = await this.engine.call<{ flushed: boolean }>('flush', { timeout_ms: wait });
    if (reply?.flushed === false) {
      this.logs.warning('close', `not everything could be sent within ${wait} ms`);
    }
    await this.engine.mark();
  }

  /** Runs a callback of the program. What it throws, and a promise of it that rejects, is logged. */
  call<Arguments extends unknown[]>(
    name: string,
    callback: ((...args: Arguments) => unknown) | undefined,
    ...args: Arguments
  ): void {
    const failed = (error: unknown): void => this.logs.error(name, `the callback failed: ${messageOf(error)}`);
    try {
      const result = callback?.(...args);
      if (isThenable(result)) {
        result.then(undefined, failed);
      }
    } catch (error) {
      failed(error);
    }
  }

  private hear(event: VendorEvent): void {
    const { config } = this;
    switch (event.type) {
      case 'sdk_status':
        return this.call('onSdkStatusChanged', config.onSdkStatusChanged, event['status'] as FSSdkStatus);
      case 'bucketing_success':
        this.succeeded(config.onBucketingSuccess, event['status'] as number);
        return this.polledOnce();
      case 'bucketing_fail':
        this.call('onBucketingFail', config.onBucketingFail, new Error(reworded(event['error'] as string)));
        return this.polledOnce();
      case 'bucketing_updated':
        return this.call('onBucketingUpdated', config.onBucketingUpdated, new Date(event['modified'] as string));
      case 'visitor_exposed':
        return this.call('onVisitorExposed', config.onVisitorExposed, event['exposure'] as OnVisitorExposed);
      case 'cache_request':
        return this.caches.request(event);
      case 'log':
        return this.heardLog(event['level'] as string, event['logger'] as string, event['message'] as string);
      default:
        return;
    }
  }

  private succeeded(callback: IFlagshipConfig['onBucketingSuccess'], status: number): void {
    if (callback !== undefined) {
      const payload = this.engine.ask<{ document: BucketingDTO }>('document', {})?.document;
      this.call('onBucketingSuccess', callback, payload === undefined ? { status } : { status, payload });
    }
  }

  private heardLog(level: string, logger: string, message: string): void {
    this.logs.log(logLevels[level] ?? LogLevel.INFO, logger, reworded(message));
  }
}

// Copies of the package in one program share the SDK: the vendor's is one per program too.
const key = Symbol.for('burgee.flagship.1');
const shared = globalThis as { [key]?: Runtime };

export const runtime = (shared[key] ??= new Runtime());
