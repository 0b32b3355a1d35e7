import { JsonBootstrapProvider, type IBootstrapProvider } from './bootstrap';
import { FbClientNode } from './client';
import type { IFbClient } from './interface';
import type { ILogger, ILogLevel } from './logging';
import type { DataSyncModeEnum, IOptions } from './options';
import type { DataSynchronizerFactory, IDataSynchronizer } from './synchronizer';

/** Builds a client. Each method sets the option of its name. */
export class FbClientBuilder {
  private readonly options: IOptions;

  constructor(options: IOptions = {}) {
    this.options = { ...options };
  }

  /**
   * Makes the client, which begins to fetch flags. Throws for options that cannot work, and names them; options of a wrong
   * type count as their default, and the log says so.
   */
  build(): IFbClient {
    return new FbClientNode(this.options);
  }

  startWaitTime(startWaitTime: number): FbClientBuilder {
    return this.set({ startWaitTime });
  }

  sdkKey(sdkKey: string): FbClientBuilder {
    return this.set({ sdkKey });
  }

  streamingUri(streamingUri: string): FbClientBuilder {
    return this.set({ streamingUri });
  }

  pollingUri(pollingUri: string): FbClientBuilder {
    return this.set({ pollingUri });
  }

  eventsUri(eventsUri: string): FbClientBuilder {
    return this.set({ eventsUri });
  }

  dataSyncMode(mode: DataSyncModeEnum): FbClientBuilder {
    return this.set({ dataSyncMode: mode });
  }

  pollingInterval(pollingInterval: number): FbClientBuilder {
    return this.set({ pollingInterval });
  }

  flushInterval(flushInterval: number): FbClientBuilder {
    return this.set({ flushInterval });
  }

  maxEventsInQueue(maxEventsInQueue: number): FbClientBuilder {
    return this.set({ maxEventsInQueue });
  }

  disableEvents(disableEvents: boolean): FbClientBuilder {
    return this.set({ disableEvents });
  }

  logger(logger: ILogger): FbClientBuilder {
    return this.set({ logger });
  }

  logLevel(logLevel: ILogLevel): FbClientBuilder {
    return this.set({ logLevel });
  }

  webSocketHandshakeTimeout(webSocketHandshakeTimeout: number): FbClientBuilder {
    return this.set({ webSocketHandshakeTimeout });
  }

  webSocketPingInterval(webSocketPingInterval: number): FbClientBuilder {
    return this.set({ webSocketPingInterval });
  }

  offline(offline: boolean): FbClientBuilder {
    return this.set({ offline });
  }

  bootstrapProvider(bootstrapProvider: IBootstrapProvider): FbClientBuilder {
    return this.set({ bootstrapProvider });
  }

  /** Uses what a server answers to `GET /api/public/sdk/server/latest-all`. Throws for text that is something else. */
  useJsonBootstrapProvider(jsonStr: string): FbClientBuilder {
    return this.set({ bootstrapProvider: new JsonBootstrapProvider(jsonStr) });
  }

  dataSynchronizer(dataSynchronizer: IDataSynchronizer | DataSynchronizerFactory): FbClientBuilder {
    return this.set({ dataSynchronizer });
  }

  private set(option: IOptions): FbClientBuilder {
    Object.assign(this.options, option);
    return this;
  }
}
