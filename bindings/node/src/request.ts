/**
 * The hot path to the engine. A request is written into one buffer that the addon knows, and the addon is called without
 * arguments: every argument or property that crosses by itself would cost more than the evaluation.
 *
 * Flag key, targeting key and each of the first attributes have a fixed place in the buffer. What a place holds from the
 * call before is left there if it is the same text again, which is the usual case: attribute names hardly ever change,
 * and several flags are evaluated for one context in a row.
 */
import { Kind, encode, type Context, type Encoded } from './context';
import { addon, type Handle } from './native';

/** What the flag is wanted as (`burgee_want`). */
export const enum Want {
  Any = 0,
  Boolean = 1,
  String = 2,
  Number = 3,
  Object = 4,
  FliptVariant = 5,
  FliptBoolean = 6,
  FliptAny = 7,
  /** The value as the vendor's data has it. */
  Vendor = 8,
}

/** Bits of a request (`burgee_request.flags`). */
export const enum Flags {
  None = 0,
  /** The vendor does not hear of this evaluation. */
  NoExposure = 1,
}

/** Where the numbers stand in the buffer: enum field in native/resolve.c. */
const enum Field {
  ClientLow = 0,
  ClientHigh = 1,
  Want = 2,
  AttributeCount = 3,
  FlagKey = 4,
  FlagKeyLength = 5,
  TargetingKey = 6,
  TargetingKeyLength = 7,
  Code = 8,
  Reason = 9,
  FlagType = 10,
  ValueKind = 11,
  Boolean = 12,
  Matched = 13,
  IdLow = 14,
  IdHigh = 15,
  VersionLow = 16,
  VersionHigh = 17,
  Number = 18, // as a double: index 9
  Now = 20, // as a double: index 10
  Flags = 22,
  InExperiment = 23,
  Attributes = 24,
}

/** What stands in the numbers of an attribute, and how many there are: enum attribute in native/resolve.c. */
const enum Part {
  Name = 0,
  NameLength = 1,
  Kind = 2,
  TextOrInteger = 3,
  TextLength = 4,
  Count = 5,
}

const places = 16; // attributes with a place of their own
const keyBytes = 256; // for the flag key, and for the targeting key
const nameBytes = 64;
const valueBytes = 192;
const placeBytes = nameBytes + valueBytes;
const flagKeyAt = 512;
const targetingKeyAt = flagKeyAt + keyBytes;
const placesAt = targetingKeyAt + keyBytes;

const buffer = new ArrayBuffer(placesAt + places * placeBytes);
const bytes = new Uint8Array(buffer);
const numbers = new Int32Array(buffer);
const doubles = new Float64Array(buffer);

/** Compares unequal to every value, itself included: the place must be written again. */
const unknown = NaN;

// What the places hold. The last entry of `names` is the name that no attribute has, so that a full house is noticed
// without a check of its own.
const names: unknown[] = new Array<unknown>(places + 1).fill(unknown);
const values: unknown[] = new Array<unknown>(places + 1).fill(unknown);
let heldFlagKey: unknown = unknown;
let heldTargetingKey: unknown = unknown;

/** Counts evaluations, to notice one that happens inside another: in a getter or a toJSON of the context. */
let turn = 0;

for (let place = 0; place < places; place++) {
  const at = Field.Attributes + place * Part.Count;
  numbers[at + Part.Name] = placesAt + place * placeBytes;
}
numbers[Field.FlagKey] = flagKeyAt;
numbers[Field.TargetingKey] = targetingKeyAt;
addon.bind(buffer);

const hasOwn = Object.prototype.hasOwnProperty;

/**
 * Evaluates a flag, and returns the code of the result (`burgee_code`); the functions below read the rest of it until the
 * next evaluation. Throws only what user code in the context throws, and a TypeError for a cycle in it.
 */
export function evaluate(
  handle: Handle,
  want: Want,
  flagKey: string,
  targetingKey: string,
  context: Context | undefined,
  skipTargetingKey: boolean,
): number {
  const mine = ++turn;
  let count = writeKeys(flagKey, targetingKey) ? 0 : -1;
  if (count === 0) {
    for (const name in context) {
      if (!hasOwn.call(context, name)) {
        continue;
      }
      const value = context[name];
      if (names[count] === name && values[count] === value) {
        count++;
      } else if (!(skipTargetingKey && name === 'targetingKey')) {
        count = put(count, name, value);
        if (count < 0) {
          break;
        }
      }
    }
  }
  if (count < 0 || mine !== turn) {
    const attributes = encodeAll(context, skipTargetingKey);
    return evaluateLarge(handle, want, Flags.None, flagKey, targetingKey, attributes);
  }
  return resolve(handle, want, Flags.None, count);
}

/**
 * Evaluates a flag for attributes that are texts, in the form in which the vendor's data has the values: as evaluate, and
 * runs no code of the user. texts holds each name followed by its text; length counts both, and what is beyond does not
 * matter.
 */
export function evaluateTexts(
  handle: Handle,
  flags: Flags,
  flagKey: string,
  targetingKey: string,
  texts: readonly string[],
  length: number,
): number {
  turn++;
  let count = writeKeys(flagKey, targetingKey) ? 0 : -1;
  for (let i = 0; i < length && count >= 0; i += 2) {
    const name = texts[i] as string;
    const text = texts[i + 1] as string;
    count =
      names[count] === name && values[count] === text ? count + 1 : putEncoded(count, name, Kind.String, text, text);
  }
  if (count >= 0) {
    return resolve(handle, Want.Vendor, flags, count);
  }
  const attributes: NamedAttribute[] = [];
  for (let i = 0; i < length; i += 2) {
    attributes.push([texts[i] as string, { kind: Kind.String, text: texts[i + 1] as string }]);
  }
  return evaluateLarge(handle, Want.Vendor, flags, flagKey, targetingKey, attributes);
}

/** Writes the keys into their places. False when they do not fit. */
function writeKeys(flagKey: string, targetingKey: string): boolean {
  if (heldFlagKey !== flagKey) {
    heldFlagKey = unknown;
    const length = write(flagKey, flagKeyAt, keyBytes);
    if (length < 0) {
      return false;
    }
    numbers[Field.FlagKeyLength] = length;
    heldFlagKey = flagKey;
  }
  if (heldTargetingKey !== targetingKey) {
    heldTargetingKey = unknown;
    const length = write(targetingKey, targetingKeyAt, keyBytes);
    if (length < 0) {
      return false;
    }
    numbers[Field.TargetingKeyLength] = length;
    heldTargetingKey = targetingKey;
  }
  return true;
}

/** Evaluates what stands in the places. */
function resolve(handle: Handle, want: Want, flags: Flags, count: number): number {
  numbers[Field.ClientLow] = handle.low;
  numbers[Field.ClientHigh] = handle.high;
  numbers[Field.Want] = want;
  numbers[Field.Flags] = flags;
  numbers[Field.AttributeCount] = count;
  addon.resolve();
  return numbers[Field.Code] as number;
}

/** Writes an attribute into its place and returns the next place; -1 when it does not fit. */
function put(place: number, name: string, value: unknown): number {
  let kind = Kind.String;
  let text = '';
  if (typeof value === 'string') {
    text = value;
  } else if (typeof value === 'boolean') {
    kind = Kind.Boolean;
    text = value ? 'true' : 'false';
  } else {
    const encoded = encode(value); // may run user code, so nothing is written before
    if (encoded === undefined) {
      return place;
    }
    ({ kind, text } = encoded);
  }
  const held = typeof value !== 'object' || value === null ? value : unknown; // an object may be another one inside
  return putEncoded(place, name, kind, text, held);
}

/** As put. held is the value by which the next call may recognise what stands in the place. */
function putEncoded(place: number, name: string, kind: Kind, text: string, held: unknown): number {
  if (place === places) {
    return -1;
  }
  const at = Field.Attributes + place * Part.Count;
  const nameAt = placesAt + place * placeBytes;
  values[place] = unknown;
  if (kind === Kind.Boolean) {
    numbers[at + Part.TextOrInteger] = text === 'true' ? 1 : 0;
  } else {
    const length = write(text, nameAt + nameBytes, valueBytes);
    if (length < 0) {
      return -1;
    }
    numbers[at + Part.TextOrInteger] = nameAt + nameBytes;
    numbers[at + Part.TextLength] = length;
  }
  numbers[at + Part.Kind] = kind;
  if (names[place] !== name) {
    names[place] = unknown;
    const length = write(name, nameAt, nameBytes);
    if (length < 0) {
      return -1;
    }
    numbers[at + Part.NameLength] = length;
    names[place] = name;
  }
  values[place] = held;
  return place + 1;
}

/** Writes text as UTF-8 and returns its length in bytes; -1 when it is longer than limit. */
function write(text: string, at: number, limit: number): number {
  const length = text.length;
  if (length > limit) {
    return -1;
  }
  for (let i = 0; i < length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0x80) {
      return writeWide(text, at, limit);
    }
    bytes[at + i] = unit;
  }
  return length;
}

const encoder = new TextEncoder();
const views = new Map<number, Uint8Array>();

/** As write, for any text. A lone surrogate becomes U+FFFD. */
function writeWide(text: string, at: number, limit: number): number {
  let view = views.get(at);
  if (view === undefined) {
    views.set(at, (view = bytes.subarray(at, at + limit)));
  }
  const { read, written } = encoder.encodeInto(text, view);
  return read === text.length ? written : -1;
}

type NamedAttribute = [name: string, encoded: Encoded];

/** Encodes every attribute of a context. */
function encodeAll(context: Context | undefined, skipTargetingKey: boolean): NamedAttribute[] {
  const attributes: NamedAttribute[] = [];
  for (const name of Object.keys(context ?? {})) {
    const value = (context as Context)[name];
    const encoded = typeof value === 'boolean' ? { kind: Kind.Boolean, text: String(value) } : encode(value);
    if (encoded !== undefined && !(skipTargetingKey && name === 'targetingKey')) {
      attributes.push([name, encoded]);
    }
  }
  return attributes;
}

/** Evaluates a request of any size, in a buffer made for it. */
function evaluateLarge(
  handle: Handle,
  want: Want,
  flags: Flags,
  flagKey: string,
  targetingKey: string,
  attributes: readonly NamedAttribute[],
): number {
  let room = (Field.Attributes + 1) * 4 + (flagKey.length + targetingKey.length) * 3;
  for (const [name, { text }] of attributes) {
    room += Part.Count * 4 + (name.length + text.length) * 3;
  }
  const large = new ArrayBuffer(room);
  const fields = new Int32Array(large, 0, Field.Attributes + attributes.length * Part.Count);
  const texts = new Uint8Array(large);
  let end = fields.byteLength;
  const add = (field: number, text: string): void => {
    fields[field] = end;
    const { written } = encoder.encodeInto(text, texts.subarray(end));
    fields[field + 1] = written;
    end += written;
  };
  fields.set([handle.low, handle.high, want, attributes.length]);
  fields[Field.Flags] = flags;
  add(Field.FlagKey, flagKey);
  add(Field.TargetingKey, targetingKey);
  attributes.forEach(([name, { kind, text }], index) => {
    const at = Field.Attributes + index * Part.Count;
    add(at + Part.Name, name);
    add(at + Part.TextOrInteger, text);
    fields[at + Part.Kind] = kind;
    if (kind === Kind.Boolean) {
      fields[at + Part.TextOrInteger] = +(text === 'true');
    }
  });
  addon.bind(large);
  addon.resolve();
  addon.bind(buffer);
  numbers.set(fields.subarray(Field.Code, Field.Attributes), Field.Code);
  return numbers[Field.Code] as number;
}

/** The parts of the last result that are numbers. */
export const last = {
  reason: (): number => numbers[Field.Reason] as number,
  flagType: (): number => numbers[Field.FlagType] as number,
  valueKind: (): Kind => numbers[Field.ValueKind] as Kind,
  boolean: (): boolean => numbers[Field.Boolean] === 1,
  matched: (): boolean => numbers[Field.Matched] === 1,
  inExperiment: (): boolean => numbers[Field.InExperiment] === 1,
  idLow: (): number => numbers[Field.IdLow] as number,
  idHigh: (): number => numbers[Field.IdHigh] as number,
  version: (): number =>
    (numbers[Field.VersionHigh] as number) * 2 ** 32 + ((numbers[Field.VersionLow] as number) >>> 0),
  /** In milliseconds since 1970; only after a request of the Flipt group. */
  now: (): number => doubles[Field.Now / 2] as number,
  number: (): number => doubles[Field.Number / 2] as number,
};
