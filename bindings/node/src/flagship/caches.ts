/** The caches that a program may bring: the engine asks for what they are to do, and this hands it on. */
import type { VendorEvent } from '../connection';
import { messageOf, type Logs } from './logging';
import { longestTimer } from './timers';
import type { HitCacheDTO, VisitorCacheDTO } from './types';

type Awaitable<Value> = Value | PromiseLike<Value>;

/** Keeps what was decided for visitors. */
export interface IVisitorCacheImplementation {
  cacheVisitor(visitorId: string, data: VisitorCacheDTO): Awaitable<void>;
  /** The record, or null if there is none. */
  lookupVisitor(visitorId: string): Awaitable<VisitorCacheDTO | null | undefined>;
  flushVisitor(visitorId: string): Awaitable<void>;
}

/** Keeps hits that are not sent yet, by keys. */
export interface IHitCacheImplementation {
  cacheHit(hits: Record<string, HitCacheDTO>): Awaitable<void>;
  /** All that it has. Hits older than four hours are ignored. */
  lookupHits(): Awaitable<Record<string, HitCacheDTO> | null | undefined>;
  flushHits(hitKeys: string[]): Awaitable<void>;
  flushAllHits(): Awaitable<void>;
}

export interface CacheImplementations {
  readonly visitors: IVisitorCacheImplementation | undefined;
  readonly hits: IHitCacheImplementation | undefined;
  /** How long one operation is waited for, in milliseconds. */
  readonly limit: number;
}

interface CacheRequest extends VendorEvent {
  readonly operation: string;
  readonly id?: number;
  readonly visitorId: string;
  readonly record: VisitorCacheDTO;
  readonly hits: Record<string, HitCacheDTO>;
  readonly keys: string[];
}

/** Takes an answer to the engine: {"id", "result"} or {"id", "error"}, as JSON text. */
export type Answer = (params: string) => void;

/** Does what the engine asks of the program's caches. Caches that throw, hang or answer nonsense harm nobody. */
export class Caches {
  private implementations: CacheImplementations = { visitors: undefined, hits: undefined, limit: 0 };
  private readonly lines = new Map<string, Line>();

  constructor(
    private readonly logs: Logs,
    private readonly answer: Answer,
  ) {}

  use(implementations: CacheImplementations): void {
    this.implementations = implementations;
  }

  request(event: VendorEvent): void {
    const request = event as CacheRequest;
    const { operation, id } = request;
    if (id !== undefined) {
      this.attempt(operation, () => this.run(request))
        .then((result) => `"result":${(JSON.stringify(result) as string | undefined) ?? null}`)
        .catch((error: unknown) => `"error":${JSON.stringify(messageOf(error))}`)
        .then((outcome) => this.answer(`{"id":${id},${outcome}}`));
      return;
    }
    this.inLine(operation.endsWith('Visitor') ? `visitor ${request.visitorId}` : 'hits', async () => {
      try {
        await this.attempt(operation, () => this.run(request));
      } catch (error) {
        this.logs.error(operation, `the cache failed: ${messageOf(error)}`);
      }
    });
  }

  private run({ operation, visitorId, record, hits, keys }: CacheRequest): unknown {
    const { visitors, hits: cache } = this.implementations;
    switch (operation) {
      case 'lookupVisitor':
        return visitors?.lookupVisitor(visitorId);
      case 'cacheVisitor':
        return visitors?.cacheVisitor(visitorId, record);
      case 'flushVisitor':
        return visitors?.flushVisitor(visitorId);
      case 'lookupHits':
        return cache?.lookupHits();
      case 'cacheHit':
        return cache?.cacheHit(hits);
      case 'flushHits':
        return cache?.flushHits(keys);
      case 'flushAllHits':
        return cache?.flushAllHits();
      default:
        return undefined;
    }
  }

  /** Calls the program at once. Rejects when that fails or takes too long. */
  private async attempt(operation: string, run: () => unknown): Promise<unknown> {
    const { limit } = this.implementations;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      const expired = (): void => reject(new Error(`${operation} took longer than ${limit} ms`));
      timer = setTimeout(expired, Math.min(limit, longestTimer)).unref();
    });
    try {
      return await Promise.race([run(), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Operations of one name follow one another, so that what is stored last stays. */
  private inLine(name: string, operation: () => Promise<void>): void {
    const line = this.lines.get(name) ?? new Line(() => this.lines.delete(name));
    this.lines.set(name, line);
    line.add(operation);
  }
}

/** Operations that wait for the one before. When too many wait they are all begun at once, in their order. */
class Line {
  private readonly waiting: (() => Promise<void>)[] = [];
  private running = false;

  constructor(private readonly empty: () => void) {}

  add(operation: () => Promise<void>): void {
    this.waiting.push(operation);
    if (!this.running) {
      this.next();
    } else if (this.waiting.length > longestLine) {
      for (const each of this.waiting.splice(0)) {
        void each();
      }
    }
  }

  private next(): void {
    const operation = this.waiting.shift();
    this.running = operation !== undefined;
    if (operation === undefined) {
      this.empty();
      return;
    }
    void operation().finally(() => this.next());
  }
}

/** How many operations may wait in a line. */
const longestLine = 1000;
