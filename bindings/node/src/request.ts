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
import { answer, bytes, doubles, encoder, Field, LargeRequest, Layout, numbers } from './request_buffer';

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
  /** Nobody asks whether the evaluation counts for an experiment. */
  NoExperiment = 2,
  /** The texts are UTF-8, as everything that this module writes. */
  ValidTexts = 4,
  /** The texts of an outcome are not wanted when outcome.ts has them. */
  KnownTexts = 8,
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

/** Compares unequal to every value, itself included: the place must be written again. */
const unknown = NaN;

// What the places hold. The last entry of `names` is the name that no attribute has, so that a full house is noticed
// without a check of its own.
const names: unknown[] = new Array<unknown>(Layout.Places + 1).fill(unknown);
const values: unknown[] = new Array<unknown>(Layout.Places + 1).fill(unknown);
let heldFlagKey: unknown = unknown;
let heldTargetingKey: unknown = unknown;

/** A list of named values is being read: what a getter of it evaluates must leave the places alone. */
let writing = false;

/** How many of the first places hold texts whose names differ from each other and count, so that evaluateNamed may keep them. */
let sound = 0;

/** Counts evaluations, to notice one that happens inside another: in a getter or a toJSON of the context. */
let turn = 0;

for (let place = 0; place < Layout.Places; place++) {
  const at = Field.Attributes + place * Part.Count;
  numbers[at + Part.Name] = Layout.PlacesAt + place * Layout.PlaceBytes;
}
numbers[Field.FlagKey] = Layout.FlagKeyAt;
numbers[Field.TargetingKey] = Layout.TargetingKeyAt;

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
  let count = writeKeys(flagKey, targetingKey) ? 0 : -1;
  const mine = turn;
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
 * matter. distinct says of how many of the first names evaluateNamed may assume that they differ and count.
 */
export function evaluateTexts(
  handle: Handle,
  flags: Flags,
  flagKey: string,
  targetingKey: string,
  texts: readonly string[],
  length: number,
  distinct: number = 0,
): number {
  let count = writeKeys(flagKey, targetingKey) ? 0 : -1;
  for (let i = 0; i < length && count >= 0; i += 2) {
    const name = texts[i] as string;
    const text = texts[i + 1] as string;
    count =
      names[count] === name && values[count] === text ? count + 1 : putEncoded(count, name, Kind.String, text, text);
  }
  if (count >= 0) {
    sound = distinct;
    return resolve(handle, Want.Vendor, flags, count);
  }
  const attributes: NamedAttribute[] = [];
  for (let i = 0; i < length; i += 2) {
    attributes.push([texts[i] as string, { kind: Kind.String, text: texts[i + 1] as string }]);
  }
  return evaluateLarge(handle, Want.Vendor, flags, flagKey, targetingKey, attributes);
}

/** A name with a value, as a program gives it: anything. */
export interface Named {
  readonly name?: unknown;
  readonly value?: unknown;
}

/** Appends a name and the text of a value to texts as evaluateTexts takes them, if they count, and returns the new length. */
export type AppendNamed = (texts: string[], length: number, name: unknown, value: unknown) => number;

/** Texts for one request. They are taken while it is made, because a getter may evaluate another flag. */
let spare: string[] | undefined = [];

/**
 * Evaluates a flag as evaluateTexts, for a list of names with values, of which `append` says what counts. At last comes the
 * text `last` with the name `lastName`, which append leaves out; undefined if there is none. Reads each name and each value
 * once, and throws only what getters of the list do.
 *
 * As long as the names are those of the request before, which nearly all users of a program have in common, their values go
 * straight into their places.
 */
export function evaluateNamed(
  handle: Handle,
  flags: Flags,
  flagKey: string,
  targetingKey: string,
  list: readonly (Named | null | undefined)[],
  append: AppendNamed,
  lastName: string,
  last: string | undefined,
): number {
  let count = 0;
  let other: { name: unknown; value: unknown } | undefined; // what was read and is not in its place
  if (writeKeys(flagKey, targetingKey)) {
    writing = true;
    try {
      for (; count < list.length; count++) {
        const named = list[count];
        const name = named?.name;
        const value = named?.value;
        if (count >= sound || names[count] !== name || !putText(count, value)) {
          other = { name, value };
          break;
        }
      }
    } finally {
      writing = false;
    }
    if (other === undefined) {
      if (last === undefined) {
        return resolve(handle, Want.Vendor, flags, count);
      }
      if (names[count] === lastName && putText(count, last)) {
        return resolve(handle, Want.Vendor, flags, count + 1);
      }
    }
  }
  const texts = spare ?? [];
  spare = undefined;
  let length = 0;
  for (let place = 0; place < count; place++) {
    texts[length++] = names[place] as string;
    texts[length++] = values[place] as string;
  }
  if (other !== undefined) {
    length = append(texts, length, other.name, other.value);
    count++;
  }
  for (; count < list.length; count++) {
    const named = list[count];
    length = append(texts, length, named?.name, named?.value);
  }
  const distinct = length / 2;
  if (last !== undefined) {
    texts[length++] = lastName;
    texts[length++] = last;
  }
  const code = evaluateTexts(handle, flags, flagKey, targetingKey, texts, length, distinct);
  spare = texts;
  return code;
}

/** Writes a text into a place that holds the right name and another text. False when that is impossible. */
function putText(place: number, text: unknown): boolean {
  if (typeof text !== 'string') {
    return false;
  }
  if (values[place] === text) {
    return true;
  }
  const at = Field.Attributes + place * Part.Count;
  const textAt = Layout.PlacesAt + place * Layout.PlaceBytes + Layout.NameBytes;
  values[place] = unknown;
  const length = write(text, textAt, Layout.ValueBytes);
  if (length < 0) {
    return false;
  }
  numbers[at + Part.Kind] = Kind.String;
  numbers[at + Part.TextOrInteger] = textAt;
  numbers[at + Part.TextLength] = length;
  values[place] = text;
  return true;
}

/** Begins a request, and writes the keys into their places. False when they do not fit. */
export function writeKeys(flagKey: string, targetingKey: string): boolean {
  turn++;
  if (writing) {
    return false;
  }
  if (heldFlagKey !== flagKey) {
    heldFlagKey = unknown;
    const length = write(flagKey, Layout.FlagKeyAt, Layout.KeyBytes);
    if (length < 0) {
      return false;
    }
    numbers[Field.FlagKeyLength] = length;
    heldFlagKey = flagKey;
  }
  if (heldTargetingKey !== targetingKey) {
    heldTargetingKey = unknown;
    const length = write(targetingKey, Layout.TargetingKeyAt, Layout.KeyBytes);
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
  numbers[Field.Flags] = flags | Flags.ValidTexts | Flags.KnownTexts;
  numbers[Field.KnownIds] = Layout.KnownIdsAt;
  numbers[Field.AttributeCount] = count;
  answer(addon.resolve);
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
  if (place === Layout.Places) {
    return -1;
  }
  const at = Field.Attributes + place * Part.Count;
  const nameAt = Layout.PlacesAt + place * Layout.PlaceBytes;
  values[place] = unknown;
  sound = 0;
  if (kind === Kind.Boolean) {
    numbers[at + Part.TextOrInteger] = text === 'true' ? 1 : 0;
  } else {
    const length = write(text, nameAt + Layout.NameBytes, Layout.ValueBytes);
    if (length < 0) {
      return -1;
    }
    numbers[at + Part.TextOrInteger] = nameAt + Layout.NameBytes;
    numbers[at + Part.TextLength] = length;
  }
  numbers[at + Part.Kind] = kind;
  if (names[place] !== name) {
    names[place] = unknown;
    const length = write(name, nameAt, Layout.NameBytes);
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
  const large = new LargeRequest(Field.Attributes + attributes.length * Part.Count, room);
  const { fields } = large;
  fields.set([handle.low, handle.high, want, attributes.length]);
  fields[Field.Flags] = flags | Flags.ValidTexts;
  large.add(Field.FlagKey, flagKey);
  large.add(Field.TargetingKey, targetingKey);
  attributes.forEach(([name, { kind, text }], index) => {
    const at = Field.Attributes + index * Part.Count;
    large.add(at + Part.Name, name);
    large.add(at + Part.TextOrInteger, text);
    fields[at + Part.Kind] = kind;
    if (kind === Kind.Boolean) {
      fields[at + Part.TextOrInteger] = +(text === 'true');
    }
  });
  large.answer(addon.resolve);
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
