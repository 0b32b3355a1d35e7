import type { EventEmitter } from 'node:events';

import type { Status } from '../connection';
import type { JsonValue } from '../context';
import type { AllFlagStates, FlagState } from './results';
import type { IUser } from './user';

/**
 * A client of featureflag.co, in the style of FeatBit's client for Node, which is its successor; results and rules are
 * those of the vendor's client for Python. Evaluations never fail: where a flag has no value for the user, the promise
 * resolves to the default.
 *
 * Events: "ready", once, when the flags are current; "failed", once, when the server refuses the client for good; "update"
 * with the keys of changed flags, and "update:<key>" for each of them; "error", if somebody listens, with what keeps the
 * client from working.
 */
export interface IFfcClient extends EventEmitter {
  /** True from the first current flags on. */
  initialized(): boolean;
  /** As in burgee/featbit. */
  waitForInitialization(): Promise<IFfcClient>;
  /** The value as the vendor's data has it, mostly a text. */
  variation<Value = JsonValue>(key: string, user: IUser, defaultValue: Value): Promise<Value>;
  variationDetail<Value = JsonValue>(key: string, user: IUser, defaultValue: Value): Promise<FlagState<Value>>;
  /** Whether the value says yes: "on", "true", "yes", "y", "t" or "1" in any case. False for an unknown flag. */
  isEnabled(key: string, user: IUser): Promise<boolean>;
  getAllVariations(user: IUser): Promise<AllFlagStates>;
  /** Reports something that a user did. The value has to be above 0. */
  track(user: IUser, eventName: string, metricValue?: number): void;
  /** As track, several at once: values by the names of events. */
  trackMetrics(user: IUser, metrics: Readonly<Record<string, number>>): void;
  /** Sends waiting events now. False when they could not be sent within five seconds; they go on waiting then. */
  flush(callback?: (res: boolean) => void): Promise<boolean>;
  /** Sends waiting events and ends the client. May be called again. */
  close(): Promise<void>;
  /** What the flags are worth at this moment, and what became of events; undefined as long as there is no engine. */
  status(): Status | undefined;
}
