/** The engine as the SDK sees it: one client that lives as long as the program, and is never started itself. */
import { randomUUID } from 'node:crypto';

import { Connection, type VendorEvent } from '../connection';
import type { Handle } from '../native';
import { closeVisitor, lastFlag, readFlag } from '../visitors';
import { Awake } from './awake';
import { reworded, words } from './engine_options';
import { fetchReasons, fetchStatuses, FSFetchReasons, FSFetchStatus } from './enums';
import { messageOf, type Logs } from './logging';
import type { FetchFlagsStatus } from './types';

/** A visitor that hears of its statuses and of the end of its fetches. */
export interface Listening {
  statusChanged(status: FetchFlagsStatus): void;
  fetchEnded(error: Error | undefined): void;
}

/** How a fetch went. */
export interface Fetched {
  /** false: it goes on in the background. */
  readonly over: boolean;
  /** It could not even begin. */
  readonly refused: boolean;
  readonly error: Error | undefined;
  /** Resolves once everything that is to be heard of the fetch has been told. */
  readonly told: Promise<void>;
}

interface Fetch {
  /** Keeps the visitor from being collected while its fetch runs. */
  readonly visitor: Listening;
  readonly ended: (() => void)[];
}

const unopened: Handle = { token: 0, low: 0, high: 0, reply: undefined };

export class Engine {
  /** Names the SDK to the engine. */
  readonly instance = randomUUID();
  readonly last = lastFlag;
  private connection: Connection | undefined;
  private handle = unopened;
  private readonly listening = new Map<number, WeakRef<Listening>>();
  private readonly fetches = new Map<number, Fetch>();
  private readonly marks = new Map<number, { readonly kept: object | undefined; reached(): void }>();
  private readonly awake = new Awake();
  private readonly collected = new FinalizationRegistry<number>((visitor) => this.forget(visitor));

  /** hear gets the events that are not about one visitor. */
  constructor(
    private readonly logs: Logs,
    private readonly hear: (event: VendorEvent) => void,
  ) {}

  /** Opens the client. Throws what stands in the way, such as a library that is missing. */
  open(): void {
    if (this.connection === undefined) {
      const options = { backend: 'flagship', sdk: 'javascript', sdk_instance: this.instance, start: false };
      this.connection = Connection.openNow(options, words, (event) => this.receive(event));
      this.connection.on('log', ({ level, logger, message }) => this.hear({ type: 'log', level, logger, message }));
      this.handle = this.connection.handle;
    }
  }

  /** Calls a method that does not block, with params as an object or its text. undefined: it failed, and the log says why. */
  ask<Reply>(method: string, params: object | string): Reply | undefined {
    try {
      this.open();
      const text = typeof params === 'string' ? params : JSON.stringify(params);
      return this.connection?.callNow(`flagship.${method}`, text) as Reply;
    } catch (error) {
      this.logs.error(method, messageOf(error));
      return undefined;
    }
  }

  /** Calls a method that may block. */
  async call<Reply>(method: string, params: object): Promise<Reply | undefined> {
    try {
      return (await this.connection?.call(`flagship.${method}`, JSON.stringify(params))) as Reply;
    } catch (error) {
      this.logs.error(method, messageOf(error));
      return undefined;
    }
  }

  /** Reads a flag; see readFlag. `last` has the rest of the result until the next one. */
  read(visitor: number, key: string, fallback: unknown, exposes: boolean): number {
    return readFlag(this.handle, visitor, key, fallback, exposes);
  }

  fetchStatus(visitor: number): FetchFlagsStatus {
    this.read(visitor, '', null, false);
    return statusOf(lastFlag.fetchStatus(), lastFlag.fetchReason());
  }

  /** Has the engine forget a visitor once nobody refers to it any more. */
  keep(visitor: object, id: number): void {
    this.collected.register(visitor, id);
  }

  /** Hands the visitor its events from now on. */
  listen(visitor: Listening, id: number): void {
    this.listening.set(id, new WeakRef(visitor));
  }

  /** Fetches the flags of a visitor. It may be over when this returns. heard: somebody listens for what it brings about. */
  fetch(visitor: Listening, id: number, heard: boolean): Fetched {
    const reply = this.ask<{ done: boolean; error?: string | null }>('visitor.fetch', { visitor: id, wait: false });
    if (reply === undefined) {
      return { over: true, refused: true, error: undefined, told: Promise.resolve() };
    }
    if (reply.done) {
      const told = heard ? this.mark(visitor) : Promise.resolve();
      const error = reply.error ? new Error(reworded(reply.error)) : undefined;
      return { over: true, refused: false, error, told };
    }
    const told = new Promise<void>((resolve) => {
      const fetch = this.fetches.get(id);
      if (fetch === undefined) {
        this.awake.hold();
        this.fetches.set(id, { visitor, ended: [resolve] });
      } else {
        fetch.ended.push(resolve);
      }
    });
    return { over: false, refused: false, error: undefined, told };
  }

  /** Resolves once the last status of a fetch that has just ended was told. */
  private settled(visitor: number): Promise<void> {
    this.ask('visitor.state', { visitor }); // answers when the fetch does not hold the visitor any more
    return this.mark();
  }

  /**
   * Resolves once every event that is queued now has been told. kept: who is to hear of them, and is not collected until then.
   * A visitor that nobody knows serves as the mark: its first status is an event too.
   */
  mark(kept?: object): Promise<void> {
    const params = { id: 'mark', consent: true, quiet: true, listens: true };
    const made = this.ask<{ visitor: number }>('visitor.new', params);
    if (made === undefined) {
      return Promise.resolve();
    }
    this.awake.hold();
    return new Promise((resolve) => {
      const reached = (): void => {
        this.awake.release();
        closeVisitor(this.handle, made.visitor);
        resolve();
      };
      this.marks.set(made.visitor, { kept, reached });
    });
  }

  /** Keeps the process alive until the promise is settled. */
  async keepAwake<Value>(until: Promise<Value>): Promise<Value> {
    this.awake.hold();
    try {
      return await until;
    } finally {
      this.awake.release();
    }
  }

  private forget(visitor: number): void {
    this.listening.delete(visitor);
    closeVisitor(this.handle, visitor);
  }

  private receive(event: VendorEvent): void {
    const visitor = event['visitor'] as number;
    switch (event.type) {
      case 'fetch_status':
        return this.statusChanged(visitor, event as VendorEvent & FetchFlagsStatus);
      case 'ready':
        return this.fetchEnded(visitor, event['error'] as string | undefined);
      case 'lost':
        return this.recover();
      default:
        return this.hear(event);
    }
  }

  private statusChanged(visitor: number, { status, reason }: FetchFlagsStatus): void {
    const mark = this.marks.get(visitor);
    if (mark !== undefined) {
      this.marks.delete(visitor);
      mark.reached();
      return;
    }
    this.listening.get(visitor)?.deref()?.statusChanged({ status, reason });
  }

  private fetchEnded(visitor: number, problem: string | undefined): void {
    const fetch = this.fetches.get(visitor);
    const listener = this.listening.get(visitor)?.deref() ?? fetch?.visitor;
    listener?.fetchEnded(problem === undefined ? undefined : new Error(reworded(problem)));
    if (fetch !== undefined) {
      this.fetches.delete(visitor);
      this.awake.release();
      void this.settled(visitor).then(() => fetch.ended.forEach((resolve) => resolve()));
    }
  }

  /** Goes on after events were lost: nobody may wait for one of them. */
  private recover(): void {
    for (const visitor of [...this.fetches.keys()]) {
      if (this.fetchStatus(visitor).status !== FSFetchStatus.FETCHING) {
        this.fetchEnded(visitor, undefined);
      }
    }
    const marks = [...this.marks.values()];
    this.marks.clear();
    marks.forEach((mark) => mark.reached());
  }
}

/** A status by its numbers in the C interface. */
function statusOf(status: number, reason: number): FetchFlagsStatus {
  return {
    status: fetchStatuses[status] ?? FSFetchStatus.FETCH_REQUIRED,
    reason: fetchReasons[reason] ?? FSFetchReasons.NONE,
  };
}
