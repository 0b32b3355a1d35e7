import { inspect } from 'node:util';

import { Connection, type Change, type Events, type Status } from './connection';
import { contextJson, Kind, type Context, type JsonValue } from './context';
import { errorCodes, type ErrorCode } from './errors';
import { lastFailure, lastOutcome, type Outcome } from './outcome';
import type { OpenOptions } from './open_options';
import { evaluate, last, Want } from './request';

/** Why a flag has its value. */
export type Reason = 'UNKNOWN' | 'TARGETING_MATCH' | 'SPLIT' | 'DEFAULT' | 'DISABLED' | 'ERROR' | 'STATIC';

const reasons: readonly Reason[] = ['UNKNOWN', 'TARGETING_MATCH', 'SPLIT', 'DEFAULT', 'DISABLED', 'ERROR', 'STATIC'];

const flagTypes: readonly Flag['type'][] = ['unknown', 'boolean', 'string', 'number', 'object', 'variant'];

/** A value, and where it comes from. Immutable. */
export interface Details<Value = JsonValue> {
  readonly key: string;
  /** The flag's value, or the default when there is none. */
  readonly value: Value;
  /** The key of the chosen variant, where there is one. */
  readonly variant?: string;
  readonly reason: Reason;
  /** Why the default applies, when reason is ERROR. */
  readonly errorCode?: ErrorCode;
  readonly errorDetails?: string;
  readonly metadata: {
    readonly flagType?: Flag['type'];
    /** The keys of the segments that decided. */
    readonly segments?: readonly string[];
    /** What the vendor attached to the variant. */
    readonly attachment?: string;
    /** The vendor's own words for the reason, where it has some, such as "rule match". */
    readonly vendorReason?: string;
    /** The flag's name for people. */
    readonly flagName?: string;
    /** The name of the rule that matched. */
    readonly ruleName?: string;
    /** True when the evaluation counts for an experiment of the vendor. */
    readonly inExperiment?: true;
    /** Of the rule set that decided. */
    readonly version?: number;
  };
}

/** A flag without an evaluation. */
export interface Flag {
  readonly key: string;
  readonly type: 'boolean' | 'string' | 'number' | 'object' | 'variant' | 'unknown';
  readonly enabled: boolean;
  readonly description?: string;
  readonly [member: string]: JsonValue | undefined;
}

/** Every step of one decision: for programs, and as text for a terminal. */
export interface Explanation {
  readonly trace: Record<string, JsonValue>;
  readonly text: string;
}

/** How a tracked event is described. */
export interface TrackOptions {
  readonly value?: number;
  readonly context?: Context;
  readonly data?: Record<string, JsonValue>;
}

/**
 * Opens a client and waits until its flags are there or the first fetch has failed, `startWaitMs` at most. A server that
 * cannot be reached is no error: the client goes on trying, and `status()` says what is wrong. Rejects with a
 * FeatureFlagError of code INVALID_CONFIG, which names every option that is unknown or wrong.
 */
export async function open(options: OpenOptions): Promise<Client> {
  return new Client(await Connection.open(options));
}

/** Evaluates flags. Evaluations never block, never throw for a flag, and fetch nothing. */
export class Client {
  /** @internal */
  constructor(private readonly connection: Connection) {}

  /** The value of a boolean flag, or fallback. */
  boolean(key: string, fallback: boolean, context?: Context): boolean {
    const outcome = this.resolve(Want.Boolean, key, context);
    return outcome !== undefined && outcome.kind === Kind.Boolean ? outcome.boolean : fallback;
  }

  /** The value of a string flag, or the key of the chosen variant; otherwise fallback. */
  string(key: string, fallback: string, context?: Context): string {
    const outcome = this.resolve(Want.String, key, context);
    return outcome !== undefined && outcome.kind === Kind.String ? outcome.text : fallback;
  }

  /** The value of a number flag, or fallback. */
  number(key: string, fallback: number, context?: Context): number {
    const outcome = this.resolve(Want.Number, key, context);
    return outcome !== undefined && outcome.kind === Kind.Number ? outcome.number : fallback;
  }

  /** The value of an object flag, or the JSON attached to the chosen variant; otherwise fallback. It is frozen. */
  object<Value = JsonValue>(key: string, fallback: Value, context?: Context): Value {
    const outcome = this.resolve(Want.Object, key, context);
    return outcome !== undefined && outcome.kind === Kind.Json ? (objectOf(outcome) as Value) : fallback;
  }

  /** The value that fallback has the type of (any type, if it is undefined or null), and where it comes from. */
  details<Value = JsonValue>(key: string, fallback: Value, context?: Context): Details<Value> {
    const outcome = this.resolve(wantFor(fallback), key, context);
    if (outcome === undefined) {
      return Object.freeze({
        key,
        value: fallback,
        reason: 'ERROR',
        errorCode: this.errorCode,
        ...this.failure(),
      });
    }
    const value = valueOf(outcome);
    return Object.freeze({
      key,
      value: value === undefined ? fallback : (value as Value),
      ...(outcome.variant === '' ? undefined : { variant: outcome.variant }),
      reason: reasons[outcome.reason] ?? 'UNKNOWN',
      metadata: metadataOf(outcome),
    });
  }

  /** Every flag for one context, by key. */
  all(context?: Context): readonly Details[] {
    const reply = this.connection.callNow('all', `{"context":${contextJson(context)}}`) as { flags: Details[] };
    return reply.flags.map(deepFreeze);
  }

  /** Every flag, by key, without an evaluation. */
  flags(): readonly Flag[] {
    return (this.connection.callNow('flags') as { flags: Flag[] }).flags.map(deepFreeze);
  }

  /** Evaluates a flag and tells every step of the decision. */
  explain(key: string, context?: Context): Explanation {
    const params = `{"key":${JSON.stringify(key)},"context":${contextJson(context)}}`;
    return this.connection.callNow('explain', params) as Explanation;
  }

  /** Reports an event of the user. False where the backend takes no events. */
  track(event: string, options: TrackOptions = {}): boolean {
    const { value, data } = options;
    const context = contextJson(options.context);
    const rest = JSON.stringify({ event, value, data }).slice(1);
    return (this.connection.callNow('track', `{"context":${context},${rest}`) as { accepted: boolean }).accepted;
  }

  /** Waits until queued events have been sent; false when timeoutMs was not enough. */
  async flush(timeoutMs = 5000): Promise<boolean> {
    const params = JSON.stringify({ timeout_ms: timeoutMs });
    return ((await this.connection.call('flush', params)) as { flushed: boolean }).flushed;
  }

  /** Fetches now. True when a flag changed. Rejects when the fetch fails. */
  async refresh(): Promise<boolean> {
    return ((await this.connection.call('refresh')) as { changed: boolean }).changed;
  }

  status(): Status {
    return this.connection.status();
  }

  /** Listens: "change" (flags were added, removed or redefined), "status" (the state changed), "log". */
  on<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void): this {
    this.connection.on(name, listener);
    return this;
  }

  off<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void): this {
    this.connection.off(name, listener);
    return this;
  }

  /** Listens for changed flags; returns a function that ends it. */
  onChange(listener: (change: Change) => void): () => void {
    return this.connection.on('change', listener);
  }

  /** Calls a method of the backend by its name, such as "flipt.snapshot"; on a thread of its own. */
  call(method: string, params: object = {}): Promise<unknown> {
    return this.connection.call(method, JSON.stringify(params));
  }

  /** Stops the client within milliseconds. May be called again. */
  close(): Promise<void> {
    return this.connection.close();
  }

  private errorCode: ErrorCode = 'GENERAL';
  private errorDetails: string | undefined;

  private failure(): Pick<Details, 'errorDetails' | 'metadata'> {
    if (this.errorDetails !== undefined) {
      return { errorDetails: this.errorDetails, metadata: Object.freeze({}) };
    }
    const { message, vendorReason } = lastFailure();
    return { errorDetails: message, metadata: Object.freeze(vendorReason === '' ? {} : { vendorReason }) };
  }

  /** Evaluates; undefined is an error, whose code is in errorCode. */
  private resolve(want: Want, key: string, context: Context | undefined): Outcome | undefined {
    this.errorDetails = undefined;
    let code: number;
    try {
      const targetingKey = context?.targetingKey;
      if (typeof key !== 'string') {
        throw new TypeError('the flag key is not a string');
      }
      code = evaluate(this.connection.handle, want, key, targetingText(targetingKey), context, true);
    } catch (error) {
      this.errorCode = 'INVALID_CONTEXT';
      this.errorDetails = error instanceof Error ? error.message : inspect(error);
      return undefined;
    }
    if (code !== 0) {
      this.errorCode = errorCodes[code] ?? 'GENERAL';
      return undefined;
    }
    return lastOutcome();
  }
}

export interface Client {
  [Symbol.asyncDispose](): Promise<void>;
}

// Node 18 has no Symbol.asyncDispose, but TypeScript's and Babel's `await using` bring this one.
const asyncDispose = (Symbol as { asyncDispose?: symbol }).asyncDispose ?? Symbol.for('Symbol.asyncDispose');
Object.defineProperty(Client.prototype, asyncDispose, {
  configurable: true,
  writable: true,
  value(this: Client): Promise<void> {
    return this.close();
  },
});

function targetingText(targetingKey: unknown): string {
  switch (typeof targetingKey) {
    case 'string':
      return targetingKey;
    case 'undefined':
      return '';
    case 'number':
    case 'bigint':
      return String(targetingKey);
    default:
      throw new TypeError('targetingKey is not a string');
  }
}

function wantFor(fallback: unknown): Want {
  switch (typeof fallback) {
    case 'boolean':
      return Want.Boolean;
    case 'string':
      return Want.String;
    case 'number':
      return Want.Number;
    case 'object':
      return fallback === null ? Want.Any : Want.Object;
    default:
      return Want.Any;
  }
}

/** The value of an outcome; undefined when the flag has none here. */
function valueOf(outcome: Outcome): JsonValue | undefined {
  switch (outcome.kind) {
    case Kind.Boolean:
      return outcome.boolean;
    case Kind.Number:
      return outcome.number;
    case Kind.String:
      return outcome.text;
    case Kind.Json:
      return objectOf(outcome);
    default:
      return undefined;
  }
}

function objectOf(outcome: Outcome): JsonValue {
  return (outcome.object ??= deepFreeze(JSON.parse(outcome.text) as JsonValue));
}

function metadataOf(outcome: Outcome): Details['metadata'] {
  return Object.freeze({
    flagType: flagTypes[outcome.flagType] ?? 'unknown',
    segments: Object.freeze([...outcome.segments]),
    ...(outcome.attachment === undefined ? undefined : { attachment: outcome.attachment }),
    ...(outcome.vendorReason === '' ? undefined : { vendorReason: outcome.vendorReason }),
    ...(outcome.flagName === '' ? undefined : { flagName: outcome.flagName }),
    ...(outcome.ruleName === '' ? undefined : { ruleName: outcome.ruleName }),
    ...(outcome.inExperiment ? { inExperiment: true as const } : undefined),
    version: last.version(),
  });
}

function deepFreeze<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null) {
    Object.values(value).forEach(deepFreeze);
    Object.freeze(value);
  }
  return value;
}
