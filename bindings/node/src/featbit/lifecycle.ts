/** The life of a client that is there before its flags are. */
import { EventEmitter } from 'node:events';

import type { Connection, Status } from '../connection';
import type { Handle } from '../native';
import { inWords } from '../options';
import { ClientError } from './errors';
import type { ILogger } from './logging';

const longestTimer = 2 ** 31 - 1; // milliseconds
const flushTimeout = 5000; // milliseconds
const closedEarly = 'The client was closed before it was ready';

interface Waiter {
  resolve(): void;
  reject(error: Error): void;
}

/**
 * A client of a vendor whose constructor does not wait, as IFbClient describes it. Until it is ready, has failed or
 * `startWaitTime` is over, it keeps the process alive.
 */
export abstract class EngineClient extends EventEmitter {
  /** undefined as long as nothing can be evaluated. */
  protected handle: Handle | undefined;
  private connection: Connection | undefined;
  private ready = false;
  private readyByHost = false;
  private hasFailed = false;
  private failure: Error | undefined;
  private reported: string | null = null;
  private waiters: Waiter[] = [];
  private readonly timer: NodeJS.Timeout;
  private closing: Promise<void> | undefined;

  constructor(
    protected readonly logger: ILogger,
    private readonly startWaitTime: number,
    /** What the options of the engine are called here, for messages. */
    private readonly words: Readonly<Record<string, string>>,
  ) {
    super();
    this.timer = setTimeout(() => this.startWaitOver(), Math.min(startWaitTime, longestTimer));
  }

  /** Takes a connection over. With readyByHost it is the program's data source that says when the client is ready. */
  protected attach(connection: Connection, readyByHost = false): void {
    this.connection = connection;
    this.readyByHost = readyByHost;
    connection.on('log', ({ level, message }) => this.logger[level](this.reworded(message)));
    connection.on('status', (status) => this.observe(status));
    connection.on('change', ({ flags }) => this.changed(flags));
    if (!readyByHost) {
      this.handle = connection.handle;
      this.observe(connection.status());
    }
  }

  /** Says so when the client is closed before it could be attached. */
  protected get closed(): boolean {
    return this.closing !== undefined;
  }

  protected get engine(): Connection | undefined {
    return this.closing === undefined ? this.connection : undefined;
  }

  initialized(): boolean {
    return this.ready;
  }

  waitForInitialization(): Promise<this> {
    if (this.ready) {
      return Promise.resolve(this);
    }
    if (this.failure !== undefined || this.closed) {
      return Promise.reject(this.failure ?? new Error(closedEarly));
    }
    return new Promise((resolve, reject) => {
      this.waiters.push({ resolve: () => resolve(this), reject });
    });
  }

  status(): Status | undefined {
    return this.connection?.status();
  }

  async flush(callback?: (sent: boolean) => void): Promise<boolean> {
    let sent = false;
    try {
      const params = JSON.stringify({ timeout_ms: flushTimeout });
      sent = ((await this.engine?.call('flush', params)) as { flushed: boolean } | undefined)?.flushed ?? false;
    } catch (error) {
      this.logger.error(`Events could not be sent: ${messageOf(error)}`);
    }
    callback?.(sent);
    return sent;
  }

  close(): Promise<void> {
    this.closing ??= this.end();
    return this.closing;
  }

  private async end(): Promise<void> {
    clearTimeout(this.timer);
    this.rejectWaiters(new Error(closedEarly));
    await this.connection?.close();
  }

  /** Marks the client as ready. Its event comes later, so that a program can listen to a client that it was just given. */
  protected becomeReady(): void {
    if (this.ready || this.closed) {
      return;
    }
    this.ready = true;
    this.failure = undefined;
    this.handle = this.connection?.handle;
    clearTimeout(this.timer);
    this.logger.info('The client is ready');
    for (const { resolve } of this.waiters.splice(0)) {
      resolve();
    }
    process.nextTick(() => this.emit('ready'));
  }

  /** Tells listeners of "error", if there are any: without them it would be thrown. */
  protected report(message: string): void {
    if (this.listenerCount('error') > 0) {
      this.emit('error', new ClientError(message));
    }
  }

  private reworded(text: string): string {
    return inWords(text, (name) => this.words[name]);
  }

  private observe({ state, error: text }: Status): void {
    const error = text === null ? null : this.reworded(text);
    if (state === 'READY' && !this.readyByHost) {
      this.becomeReady();
    }
    if (state === 'FATAL') {
      this.fail(new ClientError(error ?? 'the server refuses the client'));
    } else if (error !== null && error !== this.reported) {
      this.report(error);
    }
    this.reported = error;
  }

  /** The server will not be asked again. Flags that are there go on working. */
  protected fail(error: Error): void {
    clearTimeout(this.timer);
    this.failure = error;
    this.rejectWaiters(error);
    if (!this.hasFailed) {
      this.hasFailed = true;
      process.nextTick(() => this.emit('failed', error));
    }
  }

  private startWaitOver(): void {
    this.look();
    if (this.ready) {
      return;
    }
    if (!this.readyByHost && (this.connection?.status().flags ?? 0) > 0) {
      this.logger.warn(`No current flags within ${this.startWaitTime} ms; those of an earlier time are used`);
      this.becomeReady();
      return;
    }
    this.failure = new Error(
      `No flags within ${this.startWaitTime} ms. ${this.reported ?? 'There was no answer'}. The client goes on trying.`,
    );
    this.logger.warn(this.failure.message);
    this.rejectWaiters(this.failure);
  }

  private rejectWaiters(error: Error): void {
    for (const { reject } of this.waiters.splice(0)) {
      reject(error);
    }
  }

  /** Sees what an event would have told that was lost while the event loop was busy. */
  private look(): void {
    if (!this.ready && this.engine !== undefined) {
      this.observe(this.engine.status());
    }
  }

  private changed(keys: readonly string[]): void {
    this.look();
    this.emit('update', [...keys]);
    for (const key of keys) {
      this.emit(`update:${key}`, key);
    }
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
