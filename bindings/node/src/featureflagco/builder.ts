import { JsonBootstrapProvider } from '../featbit/bootstrap';
import type { ILogger, ILogLevel } from '../featbit/logging';
import { FfcClientNode } from './client';
import type { IFfcClient } from './interface';
import type { IOptions } from './options';

/** Builds a client. Each method sets the option of its name. */
export class FfcClientBuilder {
  private readonly options: IOptions;

  constructor(options: IOptions = {}) {
    this.options = { ...options };
  }

  /**
   * Makes the client, which begins to fetch flags. Throws for options that cannot work, and names them; options of a wrong
   * type count as their default, and the log says so.
   */
  build(): IFfcClient {
    return new FfcClientNode(this.options);
  }

  envSecret(envSecret: string): FfcClientBuilder {
    return this.set({ envSecret });
  }

  streamingUri(streamingUri: string): FfcClientBuilder {
    return this.set({ streamingUri });
  }

  eventsUri(eventsUri: string): FfcClientBuilder {
    return this.set({ eventsUri });
  }

  startWaitTime(startWaitTime: number): FfcClientBuilder {
    return this.set({ startWaitTime });
  }

  flushInterval(flushInterval: number): FfcClientBuilder {
    return this.set({ flushInterval });
  }

  maxEventsInQueue(maxEventsInQueue: number): FfcClientBuilder {
    return this.set({ maxEventsInQueue });
  }

  disableEvents(disableEvents: boolean): FfcClientBuilder {
    return this.set({ disableEvents });
  }

  logger(logger: ILogger): FfcClientBuilder {
    return this.set({ logger });
  }

  logLevel(logLevel: ILogLevel): FfcClientBuilder {
    return this.set({ logLevel });
  }

  offline(offline: boolean): FfcClientBuilder {
    return this.set({ offline });
  }

  /** Uses a data-sync message of the vendor. Throws for text that is something else. */
  useJsonBootstrapProvider(jsonStr: string): FfcClientBuilder {
    return this.set({ bootstrapProvider: new JsonBootstrapProvider(jsonStr) });
  }

  private set(option: IOptions): FfcClientBuilder {
    Object.assign(this.options, option);
    return this;
  }
}
