import { FeatureFlagError } from './errors';
import { call, callNow, close, openHandle, openHandleNow, stopAtExit, type Handle } from './native';
import { EngineOptions } from './options';

/** What a client's flags are worth. FATAL: the vendor refuses, and nothing is fetched any more; flags keep working. */
export type State = 'NOT_READY' | 'READY' | 'STALE' | 'ERROR' | 'FATAL' | 'CLOSED';

/** What became of the events of a client, in records. */
export interface Deliveries {
  readonly accepted: number;
  readonly sent: number;
  readonly pending: number;
  readonly dropped: {
    readonly full: number;
    readonly closed: number;
    readonly refused: number;
    readonly expired: number;
    readonly gaveUp: number;
  };
  /** Requests that failed and were made again. */
  readonly retried: number;
  readonly spoolBytes: number;
  readonly spoolError?: string;
  /** Why the last request failed. */
  readonly lastError?: string;
}

/** A client at one moment. */
export interface Status {
  readonly state: State;
  /** Time since the flags were last known to be current, in milliseconds; -1 without flags. */
  readonly ageMs: number;
  /** Counts the rule sets of this client. */
  readonly version: number;
  /** How many flags there are. */
  readonly flags: number;
  /** Where they came from, such as "server", "stream", "file", "inline", "cache", "snapshot"; empty without flags. */
  readonly origin: string;
  /** The last failure since the flags were current. */
  readonly error: string | null;
  /** The vendor's name for the kind of error, where it has one, such as "Request invalid". */
  readonly errorKind?: string;
  /** When the client came into this state, in milliseconds since 1970. */
  readonly since: number;
  readonly backend: string;
  /** Of a client that sends events. */
  readonly events?: Deliveries;
}

/** Flags were added, removed or redefined. */
export interface Change {
  readonly flags: readonly string[];
  readonly version: number;
}

/** A log record of the engine. */
export interface LogRecord {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  /** Such as "burgee.flipt". */
  readonly logger: string;
  readonly message: string;
}

/** The events of a client, and what their listeners receive. */
export interface Events {
  change: Change;
  status: Status;
  log: LogRecord;
}

type EngineEvent =
  | ({ type: 'change' } & Change)
  | { type: 'status'; status: Status }
  | ({ type: 'log' } & LogRecord)
  | { type: 'lost'; count: number }
  | { type: 'closed' };

/** An event that only a vendor's module understands. */
export interface VendorEvent {
  readonly type: string;
  readonly [member: string]: unknown;
}

type AnyListener = (event: never) => void;

/** Says so when a client is forgotten without close(); the engine goes on working for it. */
const forgotten = new FinalizationRegistry<string>((backend) => {
  process.emitWarning(`A ${backend} client was garbage-collected without close()`, 'BurgeeWarning');
});

/** What a client shares with the thread that waits for its events; it does not keep the client from being collected. */
class Feed {
  readonly listeners: { [Name in keyof Events]: Set<AnyListener> } = {
    change: new Set(),
    status: new Set(),
    log: new Set(),
  };
  private warned = false;

  constructor(private readonly others: (event: VendorEvent) => void = () => undefined) {}

  receive(json: string | undefined): void {
    if (json === undefined) {
      return;
    }
    const event = (JSON.parse(json) as { ok?: EngineEvent }).ok;
    switch (event?.type) {
      case 'change':
        return this.emit('change', { flags: event.flags, version: event.version });
      case 'status':
        return this.emit('status', event.status);
      case 'log':
        return this.log({ level: event.level, logger: event.logger, message: event.message });
      case 'lost':
        this.others(event as VendorEvent & EngineEvent);
        return this.log({
          level: 'warn',
          logger: 'burgee',
          message: `${event.count} events were lost: the event loop was busy`,
        });
      default:
        return event === undefined ? undefined : this.others(event as VendorEvent & EngineEvent);
    }
  }

  /** Takes the answer to close, which says what events were lost. */
  lost(reply: { lost?: string } | null): void {
    if (reply?.lost !== undefined) {
      this.warned = false; // this is the last record
      this.log({ level: 'error', logger: 'burgee', message: reply.lost });
    }
  }

  private emit<Name extends keyof Events>(name: Name, event: Events[Name]): void {
    for (const listener of [...this.listeners[name]]) {
      try {
        (listener as (event: Events[Name]) => void)(event);
      } catch (error) {
        // As with an EventEmitter the error is the program's, but the other listeners still hear of the event.
        process.nextTick(() => {
          throw error;
        });
      }
    }
  }

  private log(record: LogRecord): void {
    if (this.listeners.log.size > 0) {
      this.emit('log', record);
    } else if (!this.warned && (record.level === 'warn' || record.level === 'error')) {
      this.warned = true;
      process.emitWarning(
        `${record.logger}: ${record.message} (further records go to listeners of "log" only)`,
        'BurgeeWarning',
      );
    }
  }
}

/** An open client of the engine, without a vendor's words. */
export class Connection {
  private closing: Promise<void> | undefined;
  private closedAt = 0;

  private constructor(
    readonly handle: Handle,
    private readonly feed: Feed,
    backend: string,
  ) {
    forgotten.register(this, backend, this);
  }

  static async open(options: object): Promise<Connection> {
    const engineOptions = new EngineOptions(options);
    const feed = new Feed();
    try {
      return Connection.of(await openHandle(engineOptions.json, (event) => feed.receive(event)), feed);
    } catch (error) {
      throw engineOptions.reword(error);
    }
  }

  /**
   * Opens right here, for a vendor whose client is made by a constructor. words: see EngineOptions. others hears of "lost" and
   * of events that are the vendor's own.
   */
  static openNow(
    options: object,
    words: Readonly<Record<string, string>>,
    others?: (event: VendorEvent) => void,
  ): Connection {
    const engineOptions = new EngineOptions(options, words);
    const feed = new Feed(others);
    try {
      return Connection.of(
        openHandleNow(engineOptions.json, (event) => feed.receive(event)),
        feed,
      );
    } catch (error) {
      throw engineOptions.reword(error);
    }
  }

  private static of(handle: Handle, feed: Feed): Connection {
    const { backend, events } = (handle.reply as { status: Status }).status;
    if (events !== undefined) {
      stopAtExit();
    }
    return new Connection(handle, feed, backend);
  }

  /** The client at this moment; CLOSED from close() on. */
  status(): Status {
    if (this.closing === undefined) {
      return this.callNow('status') as Status;
    }
    const { backend } = (this.handle.reply as { status: Status }).status;
    const since = this.closedAt;
    return { state: 'CLOSED', ageMs: -1, version: 0, flags: 0, origin: '', error: null, since, backend };
  }

  /** Calls a method that may block. */
  call(method: string, params = '{}'): Promise<unknown> {
    return call(this.handle, method, params);
  }

  /** Calls a method that does not block. */
  callNow(method: string, params = '{}'): unknown {
    return callNow(this.handle, method, params);
  }

  on<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void): () => void {
    if (typeof listener !== 'function') {
      throw new FeatureFlagError('INVALID_REQUEST', `the listener of ${String(name)} is not a function`);
    }
    const listeners = Object.hasOwn(this.feed.listeners, name) ? this.feed.listeners[name] : undefined;
    if (listeners === undefined) {
      throw new FeatureFlagError(
        'INVALID_REQUEST',
        `there is no event ${String(name)}; there are change, status and log`,
      );
    }
    listeners.add(listener as AnyListener);
    return () => listeners.delete(listener as AnyListener);
  }

  off<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void): void {
    if (Object.hasOwn(this.feed.listeners, name)) {
      this.feed.listeners[name].delete(listener as AnyListener);
    }
  }

  close(): Promise<void> {
    if (this.closing === undefined) {
      forgotten.unregister(this);
      this.closedAt = Date.now();
      this.closing = close(this.handle).then((reply) => this.feed.lost(reply as { lost?: string } | null));
    }
    return this.closing;
  }
}
