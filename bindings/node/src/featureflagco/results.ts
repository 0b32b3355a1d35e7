/** What evaluations come to, in the shapes of the vendor's client for Python. */
import { Kind, type JsonValue } from '../context';
import { errorCodes } from '../errors';
import { lastFailure, lastOutcome, type Outcome } from '../outcome';

/** A value, and where it comes from. */
export interface EvalDetail<Value = JsonValue> {
  /** Of the variation; -1 when the default applies. */
  readonly id: number;
  readonly reason: string;
  readonly variation: Value;
  readonly keyName: string;
  readonly name: string;
}

export interface FlagState<Value = JsonValue> {
  readonly success: boolean;
  /** "OK", or the reason why the default applies. */
  readonly message: string;
  readonly data: EvalDetail<Value>;
}

/** A detail, and what else an event tells of the evaluation. */
export interface Evaluation<Value> {
  readonly state: FlagState<Value>;
  readonly outcome: Outcome | undefined;
}

/** The reasons for which an evaluation fails, in the vendor's words. */
const failures: Readonly<Record<string, string>> = {
  PROVIDER_NOT_READY: 'client not ready',
  PROVIDER_FATAL: 'client not ready',
  INVALID_HANDLE: 'client not ready',
  FLAG_NOT_FOUND: 'flag not found',
  TARGETING_KEY_MISSING: 'user not specified',
  INVALID_CONTEXT: 'user not specified',
};

export const notReady = 'client not ready';

function valueOf({ kind, text, number, boolean }: Outcome): JsonValue {
  switch (kind) {
    case Kind.Boolean:
      return boolean;
    case Kind.Number:
      return number;
    case Kind.String:
      return text;
    case Kind.Json:
      return JSON.parse(text) as JsonValue;
    default:
      return null;
  }
}

export function failed<Value>(key: string, reason: string, fallback: Value): FlagState<Value> {
  const keyName = typeof key === 'string' && key !== '' ? key : 'flag key unknown';
  const data = { id: -1, reason, variation: fallback, keyName, name: 'flag name unknown' };
  return { success: false, message: reason, data };
}

/** The result of the last evaluation, which ended with code. */
export function lastEvaluation<Value>(code: number, key: string, fallback: Value): Evaluation<Value> {
  if (code !== 0) {
    const reason = failures[errorCodes[code] ?? ''] ?? (lastFailure().vendorReason || 'error in evaluation');
    return { state: failed(key, reason, fallback), outcome: undefined };
  }
  const outcome = lastOutcome();
  const data: EvalDetail<Value> = {
    id: Number(outcome.variant),
    reason: outcome.vendorReason,
    variation: valueOf(outcome) as Value,
    keyName: key,
    name: outcome.flagName,
  };
  return { state: { success: true, message: 'OK', data }, outcome };
}

const truths = new Set(['y', 'yes', 't', 'true', 'on', '1']);

/** Whether a value says yes: "on", "true", "yes", "y", "t" and "1" in any case. */
export function saysYes(value: unknown): boolean {
  return (
    (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') &&
    truths.has(String(value).toLowerCase())
  );
}

/** Every flag for one user. The server hears of those that are asked for. */
export class AllFlagStates {
  constructor(
    readonly success: boolean,
    /** "OK", or what went wrong. */
    readonly message: string,
    private readonly details: ReadonlyMap<string, EvalDetail>,
    private readonly expose: (key: string) => void,
  ) {}

  get keyNames(): string[] {
    return [...this.details.keys()];
  }

  /** The result for one flag; undefined for a flag that is not there. */
  get(key: string): EvalDetail | undefined {
    const detail = this.details.get(key);
    if (detail !== undefined && this.success) {
      this.expose(key);
    }
    return detail;
  }

  toJSON(): { success: boolean; message: string; data: EvalDetail[] } {
    return { success: this.success, message: this.message, data: [...this.details.values()] };
  }
}
