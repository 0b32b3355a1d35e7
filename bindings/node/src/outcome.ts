/** Results of evaluations, whose texts are read once and then kept. */
import { Kind, type JsonValue } from './context';
import { addon } from './native';
import { last } from './request';
import { knownIds, Layout } from './request_buffer';

/** Everything about the result of an evaluation but its error. */
export interface Outcome {
  readonly idLow: number;
  readonly idHigh: number;
  readonly reason: number; // burgee_reason
  readonly flagType: number; // burgee_flag_type
  readonly matched: boolean;
  readonly kind: Kind;
  readonly boolean: boolean;
  readonly number: number;
  /** The value, if it is a string; the JSON text of an object or array. */
  readonly text: string;
  readonly variant: string;
  readonly attachment: string | undefined;
  readonly segments: readonly string[];
  /** The vendor's own words for the reason; empty where it has none. */
  readonly vendorReason: string;
  /** The flag's name for people; empty where the vendor has none. */
  readonly flagName: string;
  /** The name of the rule that matched; empty where none did. */
  readonly ruleName: string;
  /** The evaluation counts for an experiment of the vendor. */
  readonly inExperiment: boolean;
  /** The value that an object or array is read as, made at the first use. */
  object: JsonValue | undefined;
  /** What a vendor's module makes of the outcome, made at the first use. */
  vendor: unknown;
}

// An outcome stands at the place that its id names; the next outcome with that place replaces it. The engine sees in knownIds
// which ones are here, and leaves out their texts.
const kept: (Outcome | undefined)[] = new Array<Outcome | undefined>(Layout.KnownIds).fill(undefined);

/** The outcome of the last evaluation. */
export function lastOutcome(): Outcome {
  const low = last.idLow();
  const high = last.idHigh();
  const place = (low >>> 3) & (Layout.KnownIds - 1);
  const known = kept[place];
  if (known !== undefined && known.idLow === low && known.idHigh === high) {
    return known;
  }
  return readOutcome(low, high, place);
}

function readOutcome(idLow: number, idHigh: number, place: number): Outcome {
  const [text, variant, attachment, , vendorReason, flagName, ruleName, ...segments] = addon.texts();
  const outcome: Outcome = {
    idLow,
    idHigh,
    vendor: undefined, // here, where it is read together with the id
    reason: last.reason(),
    flagType: last.flagType(),
    matched: last.matched(),
    kind: last.valueKind(),
    boolean: last.boolean(),
    number: last.number(),
    text,
    variant,
    attachment,
    segments,
    vendorReason,
    flagName,
    ruleName,
    inExperiment: last.inExperiment(),
    object: undefined,
  };
  if (idLow !== 0 || idHigh !== 0) {
    kept[place] = outcome;
    knownIds[place] = (BigInt(idHigh >>> 0) << 32n) | BigInt(idLow >>> 0);
  }
  return outcome;
}

/** Why the last evaluation failed. */
export interface Failure {
  readonly message: string;
  /** The vendor's own words for it; empty where it has none. */
  readonly vendorReason: string;
}

export function lastFailure(): Failure {
  const [, , , message, vendorReason] = addon.texts();
  return { message, vendorReason };
}

/** The error message of the last evaluation. */
export function lastMessage(): string {
  return lastFailure().message;
}
