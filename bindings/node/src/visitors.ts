/** Flags of visitors, which the engine knows by handles: see group 4 of burgee.h. The way is that of request.ts. */
import { Kind } from './context';
import { addon, type Handle } from './native';
import { writeKeys } from './request';
import { answer, doubles, Field, LargeRequest, numbers } from './request_buffer';

/** A value that is read once and then kept. */
export interface FlagValue {
  readonly idLow: number;
  readonly idHigh: number;
  readonly kind: Kind;
  /** Of a string, a number or a boolean; otherwise null. */
  readonly value: string | number | boolean | null;
  /** The JSON text of an object or array. */
  readonly text: string;
  /** What a vendor's module knows of the flag, as long as the id is the same. */
  vendor: unknown;
}

const expose = 1; // BURGEE_EXPOSE

// Ids count up. A value stands at the place that its id names; the next one with that place replaces it.
const places = 8192;
const kept: (FlagValue | undefined)[] = new Array<FlagValue | undefined>(places).fill(undefined);

/**
 * Reads a flag, and with exposes has the vendor told that the visitor saw it, where fallback is the caller's default. Returns
 * the code of the result (`burgee_code`); the functions of lastFlag read the rest of it until the next request. visitor is
 * a number below 2 ** 53. Never throws.
 */
export function readFlag(handle: Handle, visitor: number, key: string, fallback: unknown, exposes: boolean): number {
  let kind = Kind.Null;
  let text = '';
  let number = 0;
  if (exposes) {
    if (typeof fallback === 'string') {
      kind = Kind.String;
      text = fallback;
    } else if (typeof fallback === 'number') {
      kind = Kind.Number;
      number = fallback;
    } else if (typeof fallback === 'object' && fallback !== null) {
      text = jsonOf(fallback);
      kind = text === '' ? Kind.Null : Kind.Json;
    } else if (typeof fallback === 'boolean') {
      kind = Kind.Boolean;
      number = fallback ? 1 : 0;
    }
  }
  if (writeKeys(key, text)) {
    write(numbers, doubles, handle, visitor, kind, number, exposes);
    answer(addon.visitorFlag);
  } else {
    readLarge(handle, visitor, key, kind, text, number, exposes);
  }
  return numbers[Field.Code] as number;
}

function write(
  fields: Int32Array,
  doubleFields: Float64Array,
  handle: Handle,
  visitor: number,
  kind: Kind,
  number: number,
  exposes: boolean,
): void {
  fields[Field.ClientLow] = handle.low;
  fields[Field.ClientHigh] = handle.high;
  fields[Field.VisitorLow] = visitor; // its low 32 bits
  fields[Field.VisitorHigh] = visitor / 2 ** 32;
  fields[Field.FallbackKind] = kind;
  fields[Field.Flags] = exposes ? expose : 0;
  if (kind === Kind.Number) {
    doubleFields[Field.FallbackNumber / 2] = number;
  } else {
    fields[Field.FallbackNumber] = number;
  }
}

/** Reads with a key or a fallback of any size. */
function readLarge(
  handle: Handle,
  visitor: number,
  key: string,
  kind: Kind,
  text: string,
  number: number,
  exposes: boolean,
): void {
  const large = new LargeRequest(Field.Attributes, Field.Attributes * 4 + (key.length + text.length) * 3 + 8);
  const doubleFields = new Float64Array(large.fields.buffer, 0, Field.Attributes / 2);
  write(large.fields, doubleFields, handle, visitor, kind, number, exposes);
  large.add(Field.FlagKey, key);
  large.add(Field.TargetingKey, text);
  large.answer(addon.visitorFlag);
}

/** The JSON text of an object or array; empty when it has none. */
function jsonOf(value: object): string {
  try {
    const text = JSON.stringify(value) as string | undefined;
    return text !== undefined && (text.startsWith('{') || text.startsWith('[')) ? text : '';
  } catch {
    return '';
  }
}

/** The parts of the last result. */
export const lastFlag = {
  status: (): number => numbers[Field.Status] as number,
  fetchStatus: (): number => numbers[Field.FetchStatus] as number,
  fetchReason: (): number => numbers[Field.FetchReason] as number,
  exposure: (): number => numbers[Field.Exposure] as number,

  value(): FlagValue {
    const low = numbers[Field.IdLow] as number;
    const high = numbers[Field.IdHigh] as number;
    const known = kept[low & (places - 1)];
    if (known !== undefined && known.idLow === low && known.idHigh === high) {
      return known;
    }
    return readValue(low, high);
  },
};

function readValue(idLow: number, idHigh: number): FlagValue {
  const kind = numbers[Field.ValueKind] as Kind;
  const text = kind === Kind.String || kind === Kind.Json ? addon.visitorText() : '';
  const read: FlagValue = { idLow, idHigh, kind, value: scalar(kind, text), text, vendor: undefined };
  if (idLow !== 0 || idHigh !== 0) {
    kept[idLow & (places - 1)] = read;
  }
  return read;
}

function scalar(kind: Kind, text: string): FlagValue['value'] {
  switch (kind) {
    case Kind.String:
      return text;
    case Kind.Number:
      return doubles[Field.Number / 2] as number;
    case Kind.Boolean:
      return numbers[Field.Boolean] === 1;
    default:
      return null;
  }
}

/** Forgets a visitor. What it has reported is sent nevertheless. */
export function closeVisitor(handle: Handle, visitor: number): void {
  addon.visitorClose(handle.low, handle.high, visitor % 2 ** 32, Math.floor(visitor / 2 ** 32));
}
