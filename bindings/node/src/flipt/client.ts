import { BaseFliptClient, openSession } from './base';
import { ClientOptionsFactory, type ClientOptions } from './types';

/** Flipt's client, as `@flipt-io/flipt-client-js` has it. */
export class FliptClient extends BaseFliptClient {
  /**
   * Opens a client and waits for the first flags. Rejects when they cannot be had, unless there is a `snapshot` and the
   * error strategy is "fallback"; with a FeatureFlagError of code INVALID_CONFIG for options that are unknown or wrong.
   */
  static async init(options: ClientOptions = ClientOptionsFactory.default()): Promise<FliptClient> {
    return new FliptClient(await openSession(options));
  }
}
