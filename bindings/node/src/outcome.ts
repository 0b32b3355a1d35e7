/** Results of evaluations, whose texts are read once and then kept. */
import { Kind, type JsonValue } from './context';
import { addon } from './native';
import { last } from './request';

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
  /** The value that an object or array is read as, made at the first use. */
  object: JsonValue | undefined;
}

// An outcome stands at the place that its id names; the next outcome with that place replaces it. The lowest three bits
// of an id say what was wanted.
const kept: (Outcome | undefined)[] = new Array<Outcome | undefined>(8192).fill(undefined);

/** The outcome of the last evaluation. */
export function lastOutcome(): Outcome {
  const low = last.idLow();
  const high = last.idHigh();
  const place = (low >>> 3) & 8191;
  const known = kept[place];
  if (known !== undefined && known.idLow === low && known.idHigh === high) {
    return known;
  }
  return readOutcome(low, high, place);
}

function readOutcome(idLow: number, idHigh: number, place: number): Outcome {
  const [text, variant, attachment, , ...segments] = addon.texts();
  const outcome: Outcome = {
    idLow,
    idHigh,
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
    object: undefined,
  };
  if (idLow !== 0 || idHigh !== 0) {
    kept[place] = outcome;
  }
  return outcome;
}

/** The error message of the last evaluation. */
export function lastMessage(): string {
  return addon.texts()[3];
}
