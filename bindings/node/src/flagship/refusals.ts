/** Why the engine refuses something, and how loud that is. */
import { Exposure, LogLevel } from './enums';

export interface Refusal {
  readonly level: LogLevel;
  readonly why: string;
}

const refusal = (level: LogLevel, why: string): Refusal => ({ level, why });

const notReady = refusal(LogLevel.ERROR, 'the SDK is not started');
const panic = refusal(LogLevel.ERROR, 'the SDK is in panic mode');
const noConsent = refusal(LogLevel.INFO, 'the visitor has not given consent');
const duplicate = refusal(LogLevel.DEBUG, 'the same was reported a moment ago');
const dropped = refusal(LogLevel.ERROR, 'too much is waiting to be sent');

const byWord: Readonly<Record<string, Refusal>> = {
  not_ready: notReady,
  panic,
  no_consent: noConsent,
  duplicate,
  dropped,
  empty_id: refusal(LogLevel.ERROR, 'the id is empty'),
  authenticated: refusal(LogLevel.WARNING, 'it is authenticated already'),
  not_authenticated: refusal(LogLevel.ERROR, 'it is not authenticated'),
};

const byExposure: Readonly<Record<number, Refusal>> = {
  [Exposure.NotReady]: notReady,
  [Exposure.Panic]: panic,
  [Exposure.NoConsent]: noConsent,
  [Exposure.NotFound]: refusal(LogLevel.WARNING, 'it belongs to no variation'),
  [Exposure.Duplicate]: duplicate,
  [Exposure.Dropped]: dropped,
};

/** A refusal by the engine's word for it. why is what the engine says of others. */
export function refusalOf(word: string | null, why?: string | null): Refusal {
  const known = word !== null && Object.hasOwn(byWord, word) ? byWord[word] : undefined;
  return known ?? refusal(LogLevel.ERROR, why ?? word ?? 'it failed');
}

/** A refusal by its number in the C interface. */
export function refusalOfExposure(exposure: number): Refusal {
  return byExposure[exposure] ?? refusal(LogLevel.ERROR, 'it failed');
}
