import type { EventEmitter } from 'node:events';

import type { Status } from '../connection';
import type { IConvertResult } from './converters';
import type { IEvalDetail } from './evaluation';
import type { IUser } from './user';

/* eslint-disable @typescript-eslint/no-explicit-any -- as FeatBit declares it */

/**
 * A client of FeatBit. Evaluations never fail: where a flag has no value for the user, or none of the wanted type, the
 * promise resolves to the default.
 *
 * Events: "ready", once, when the flags are current; "failed", once, when the server refuses the client for good; "update"
 * with the keys of changed flags, and "update:<key>" for each of them; "error", if somebody listens, with what keeps the
 * client or an evaluation from working.
 *
 * A client does not keep the process alive once it is ready. Events of a client that is not closed are sent when the
 * process ends, as long as `closeWait` allows.
 */
export interface IFbClient extends EventEmitter {
  /** True from the first current flags on. */
  initialized(): boolean;
  /**
   * Resolves to the client once its flags are current. Rejects when the server refuses the client, and after
   * `startWaitTime`, unless there are flags of an earlier time; the client goes on trying, and a later call resolves when
   * it has succeeded.
   */
  waitForInitialization(): Promise<IFbClient>;

  /** "true" and "false", in any case. */
  boolVariation(key: string, user: IUser, defaultValue: boolean): Promise<boolean>;
  boolVariationDetail(key: string, user: IUser, defaultValue: boolean): Promise<IEvalDetail<boolean>>;
  /** An object of the caller's own. */
  jsonVariation(key: string, user: IUser, defaultValue: any): Promise<any>;
  jsonVariationDetail(key: string, user: IUser, defaultValue: any): Promise<IEvalDetail<any>>;
  /** What JavaScript's `Number` makes of the text. */
  numberVariation(key: string, user: IUser, defaultValue: number): Promise<number>;
  numberVariationDetail(key: string, user: IUser, defaultValue: number): Promise<IEvalDetail<number>>;
  stringVariation(key: string, user: IUser, defaultValue: string): Promise<string>;
  stringVariationDetail(key: string, user: IUser, defaultValue: string): Promise<IEvalDetail<string>>;
  /** Evaluates right now, with a conversion of the caller's own. */
  evaluateCore<TValue>(
    flagKey: string,
    user: IUser,
    defaultValue: TValue,
    typeConverter: (value: string) => IConvertResult<TValue>,
  ): IEvalDetail<TValue>;
  /** Every flag as its text, in the order in which the flags came. The server does not hear of it. */
  getAllVariations(user: IUser): Promise<IEvalDetail<string>[]>;

  /** Reports something that a user did, for experiments. */
  track(user: IUser, eventName: string, metricValue?: number): void;
  /** Sends waiting events now. False when they could not be sent within five seconds; they go on waiting then. */
  flush(callback?: (res: boolean) => void): Promise<boolean>;
  /** Sends waiting events and ends the client. May be called again. */
  close(): Promise<void>;
  /** What the flags are worth at this moment, and what became of events; undefined as long as there is no engine. */
  status(): Status | undefined;
}
