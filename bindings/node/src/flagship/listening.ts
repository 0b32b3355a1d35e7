/** The events and callbacks of a visitor. */
import { EventEmitter } from 'node:events';

import type { Listening } from './engine';
import { runtime } from './runtime';
import type { FetchFlagsStatus } from './types';

type Listener = (...args: any[]) => void; // eslint-disable-line @typescript-eslint/no-explicit-any -- as EventEmitter has it
type StatusCallback = ((status: FetchFlagsStatus) => unknown) | undefined;

/** A visitor that asks the engine for events only once the program listens. */
export abstract class ListeningVisitor extends EventEmitter implements Listening {
  /** @internal */
  abstract readonly handle: number;
  /** The engine sends events of this visitor. */
  protected listens: boolean;
  private readonly statusCallbacks: StatusCallback[];

  constructor(statusCallbacks: readonly unknown[]) {
    super();
    this.statusCallbacks = statusCallbacks.filter((callback) => typeof callback === 'function') as StatusCallback[];
    this.listens = this.statusCallbacks.length > 0;
  }

  override on(name: string | symbol, listener: Listener): this {
    this.listenFor(name);
    return super.on(name, listener);
  }

  override addListener(name: string | symbol, listener: Listener): this {
    return this.on(name, listener);
  }

  override prependListener(name: string | symbol, listener: Listener): this {
    this.listenFor(name);
    return super.prependListener(name, listener);
  }

  private listenFor(name: string | symbol): void {
    if (name === 'ready' && !this.listens) {
      this.listens = true;
      runtime.engine.listen(this, this.handle);
      runtime.engine.ask('visitor.listen', { visitor: this.handle, listens: true });
    }
  }

  /** @internal */
  statusChanged(status: FetchFlagsStatus): void {
    for (const callback of this.statusCallbacks) {
      runtime.call('onFetchFlagsStatusChanged', callback, { ...status });
    }
  }

  /** @internal */
  fetchEnded(error: Error | undefined): void {
    for (const listener of this.rawListeners('ready')) {
      runtime.call('ready', listener.bind(this) as (error: Error | undefined) => unknown, error);
    }
  }
}
