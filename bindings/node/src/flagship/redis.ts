/** Caches in Redis, for `visitorCacheImplementation` and `hitCacheImplementation`. They need the package ioredis. */
import { randomUUID } from 'node:crypto';

import type { IHitCacheImplementation, IVisitorCacheImplementation } from './caches';
import { longestTimer } from './timers';
import type { HitCacheDTO, VisitorCacheDTO } from './types';

/** What is used of a client of ioredis, single or cluster. */
export interface RedisClient {
  get(key: string): Promise<string | null>;
  set(key: string, value: string): Promise<unknown>;
  set(key: string, value: string, unit: 'PX', milliseconds: number): Promise<unknown>;
  del(...keys: string[]): Promise<unknown>;
  eval(script: string, keyCount: number, ...args: (string | number)[]): Promise<unknown>;
  smembers(key: string): Promise<string[]>;
  quit(): Promise<unknown>;
  disconnect(): void;
  on(event: 'error', listener: (error: Error) => void): unknown;
}

export interface RedisOptions {
  /**
   * A client of the program's own, or what ioredis makes one of: an address such as "redis://host:6379/2", or options. One that
   * is made here keeps the process alive until `close`.
   */
  readonly redis?: RedisClient | string | object;
  /**
   * Stands before each key; default "{burgee:flagship}:". Text in braces keeps the keys together in a cluster.
   * One for each environment.
   */
  readonly prefix?: string;
  /** After how many seconds something that was not written again is forgotten. */
  readonly ttl?: number;
}

const defaultPrefix = '{burgee:flagship}:';
const hitLifetime = 4 * 60 * 60; // seconds: older hits are not sent
const defaultLease = 60; // seconds
const longestFarewell = 1000; // milliseconds

/** Opens what the options name. */
function connect(redis: RedisOptions['redis']): { client: RedisClient; own: boolean } {
  if (typeof (redis as Partial<RedisClient> | undefined)?.eval === 'function') {
    return { client: redis as RedisClient, own: false };
  }
  let ioredis: { default?: unknown };
  try {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- only programs that use it have it
    ioredis = require('ioredis') as { default?: unknown };
  } catch {
    throw new Error('burgee/flagship/redis needs the package ioredis: run "npm install ioredis"');
  }
  const Redis = (ioredis.default ?? ioredis) as new (options?: unknown) => RedisClient;
  const client = redis === undefined ? new Redis() : new Redis(redis);
  client.on('error', () => undefined); // what fails is told to whoever has asked; without a listener it would be printed
  return { client, own: true };
}

/** A time of the options, in whole milliseconds. */
function milliseconds(name: string, seconds: number): number {
  if (!(Number.isFinite(seconds) && seconds > 0)) {
    throw new RangeError(`${name} is ${String(seconds)}, want seconds above 0`);
  }
  return Math.min(Math.ceil(seconds * 1000), Number.MAX_SAFE_INTEGER);
}

/** Waits for the answer to a farewell, which does not come from a server that hangs or is not there. Never rejects. */
async function farewell(answer: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, longestFarewell);
  });
  await Promise.race([answer.catch(() => undefined), late]);
  clearTimeout(timer);
}

abstract class RedisCache {
  protected readonly redis: RedisClient;
  protected readonly prefix: string;
  private readonly own: boolean;

  constructor({ redis, prefix }: RedisOptions) {
    const { client, own } = connect(redis);
    this.redis = client;
    this.own = own;
    this.prefix = prefix ?? defaultPrefix;
  }

  /** Ends the connection, if it was made here. Never rejects. */
  async close(): Promise<void> {
    if (this.own) {
      await farewell(this.redis.quit());
      this.redis.disconnect(); // without which ioredis would look for the server for ever
    }
  }
}

/** Keeps what was decided for visitors, for every process that has the same prefix. */
export class RedisVisitorCache extends RedisCache implements IVisitorCacheImplementation {
  private readonly ttl: number | undefined;

  /** Without ttl records are kept for ever. */
  constructor(options: RedisOptions = {}) {
    const ttl = (options.ttl ?? undefined) === undefined ? undefined : milliseconds('ttl', options.ttl as number);
    super(options);
    this.ttl = ttl;
  }

  private key(visitorId: string): string {
    return `${this.prefix}visitor:${visitorId}`;
  }

  async cacheVisitor(visitorId: string, data: VisitorCacheDTO): Promise<void> {
    const text = JSON.stringify(data);
    if (this.ttl === undefined) {
      await this.redis.set(this.key(visitorId), text);
    } else {
      await this.redis.set(this.key(visitorId), text, 'PX', this.ttl);
    }
  }

  async lookupVisitor(visitorId: string): Promise<VisitorCacheDTO | null> {
    const text = await this.redis.get(this.key(visitorId));
    return text === null ? null : (JSON.parse(text) as VisitorCacheDTO);
  }

  async flushVisitor(visitorId: string): Promise<void> {
    await this.redis.del(this.key(visitorId));
  }
}

export interface RedisHitOptions extends RedisOptions {
  /**
   * Names this process; default something random. Two processes that run at the same time must not have the same name; one
   * that comes after another with the same name takes over its hits at once.
   */
  readonly owner?: string;
  /** After how many seconds without a sign of life another process may take over the hits of this one; default 60. */
  readonly lease?: number;
}

// Every script begins with a sign of life of its owner: KEYS are the set of owners, the owner's hits, its lease.
// ARGV: owner, lease in ms, ttl in ms, ...
const alive = `
  redis.call('SADD', KEYS[1], ARGV[1])
  redis.call('SET', KEYS[3], '1', 'PX', ARGV[2])`;

const store = `${alive}
  for i = 4, #ARGV, 2 do redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 1]) end
  redis.call('PEXPIRE', KEYS[2], ARGV[3])`;

const forget = `${alive}
  for i = 4, #ARGV do redis.call('HDEL', KEYS[2], ARGV[i]) end`;

const forgetAll = `${alive}
  redis.call('DEL', KEYS[2])`;

const list = `${alive}
  return redis.call('HGETALL', KEYS[2])`;

/** Moves the hits of another owner here, whose hits are KEYS[4] and whose lease is KEYS[5], if that has ended. */
const takeOver = `${alive}
  if redis.call('EXISTS', KEYS[5]) == 1 then return 0 end
  local hits = redis.call('HGETALL', KEYS[4])
  for i = 1, #hits, 2 do redis.call('HSET', KEYS[2], hits[i], hits[i + 1]) end
  if #hits > 0 then redis.call('PEXPIRE', KEYS[2], ARGV[3]) end
  redis.call('DEL', KEYS[4])
  redis.call('SREM', KEYS[1], ARGV[4])
  return #hits / 2`;

/**
 * Keeps hits that are not sent yet. Every process has its own: what one flushes stays with the others, and only the hits of
 * processes that have ended are taken over, by one other that starts.
 */
export class RedisHitCache extends RedisCache implements IHitCacheImplementation {
  private readonly owner: string;
  private readonly lease: number;
  private readonly ttl: number;
  private timer: NodeJS.Timeout | undefined;
  private closed = false;

  /** Without ttl hits are kept for four hours, after which they are not sent any more. */
  constructor(options: RedisHitOptions = {}) {
    const lease = milliseconds('lease', options.lease ?? defaultLease);
    const ttl = milliseconds('ttl', options.ttl ?? hitLifetime);
    super(options);
    this.owner = options.owner ?? randomUUID();
    this.lease = lease;
    this.ttl = ttl;
  }

  async cacheHit(hits: Record<string, HitCacheDTO>): Promise<void> {
    const entries = Object.entries(hits);
    if (entries.length > 0) {
      await this.run(
        store,
        entries.flatMap(([key, hit]) => [key, JSON.stringify(hit)]),
      );
    }
  }

  async lookupHits(): Promise<Record<string, HitCacheDTO>> {
    for (const other of await this.redis.smembers(`${this.prefix}owners`)) {
      if (other !== this.owner) {
        await this.run(takeOver, [other], [this.hitsOf(other), this.leaseOf(other)]);
      }
    }
    const fields = (await this.run(list, [])) as string[];
    const hits: Record<string, HitCacheDTO> = {};
    for (let i = 0; i + 1 < fields.length; i += 2) {
      try {
        hits[fields[i] as string] = JSON.parse(fields[i + 1] as string) as HitCacheDTO;
      } catch {
        // Somebody else wrote it, and the other hits are worth having nevertheless.
      }
    }
    return hits;
  }

  async flushHits(hitKeys: string[]): Promise<void> {
    if (hitKeys.length > 0) {
      await this.run(forget, hitKeys);
    }
  }

  async flushAllHits(): Promise<void> {
    await this.run(forgetAll, []);
  }

  /**
   * Ends the signs of life, and the connection, if it was made here. Another process may then take over what is left. Never
   * rejects.
   */
  override async close(): Promise<void> {
    clearInterval(this.timer);
    this.closed = true;
    await farewell(this.redis.del(this.leaseOf(this.owner)));
    await super.close();
  }

  private hitsOf(owner: string): string {
    return `${this.prefix}hits:${owner}`;
  }

  private leaseOf(owner: string): string {
    return `${this.prefix}lease:${owner}`;
  }

  private async run(script: string, args: string[], keys: string[] = []): Promise<unknown> {
    if (this.closed) {
      throw new Error('the cache is closed');
    }
    const again = Math.min(this.lease / 3, longestTimer);
    this.timer ??= setInterval(() => this.run(alive, []).catch(() => undefined), again).unref();
    const all = [`${this.prefix}owners`, this.hitsOf(this.owner), this.leaseOf(this.owner), ...keys];
    return this.redis.eval(script, all.length, ...all, this.owner, this.lease, this.ttl, ...args);
  }
}
