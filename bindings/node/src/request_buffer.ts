/** The buffer that requests are written into and results are read from. */
import { addon, shared } from './native';

/** Where the numbers stand in the buffer: enum field in native/hot.h. */
export const enum Field {
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
  // Of requests for the flags of visitors; see visitors.ts.
  FallbackNumber = 24, // as a double: index 12
  VisitorLow = 26,
  VisitorHigh = 27,
  FallbackKind = 28,
  Status = 29,
  FetchStatus = 30,
  FetchReason = 31,
  Exposure = 32,
  KnownIds = 33,
  Attributes = 34,
}

/** Where everything else stands in it, in bytes. */
export const enum Layout {
  /** Attributes that have a place of their own. */
  Places = 16,
  /** For the flag key, and for the targeting key. */
  KeyBytes = 256,
  NameBytes = 64,
  ValueBytes = 192,
  PlaceBytes = NameBytes + ValueBytes,
  FlagKeyAt = 512,
  TargetingKeyAt = FlagKeyAt + KeyBytes,
  PlacesAt = TargetingKeyAt + KeyBytes,
  KnownIdsAt = PlacesAt + Places * PlaceBytes,
  KnownIds = 8192, // KNOWN_COUNT in native/hot.h
  Size = KnownIdsAt + KnownIds * 8,
}

const buffer = new ArrayBuffer(Layout.Size);
export const bytes = new Uint8Array(buffer);
export const numbers = new Int32Array(buffer);
export const doubles = new Float64Array(buffer);
/** Ids of results whose texts outcome.ts keeps, by the place that `burgee_request.known` names; 0 where there is none. */
export const knownIds = new BigUint64Array(buffer, Layout.KnownIdsAt, Layout.KnownIds);
export const encoder = new TextEncoder();

/** Whether the addon reads this buffer. It reads another one when another copy of this module came later. */
let bound = false;

/** Has the addon read this buffer from now on. */
function bind(): void {
  shared.unbind();
  addon.bind(buffer);
  bound = true;
  shared.unbind = () => {
    bound = false;
  };
}

/** Calls the addon with the request in the buffer. */
export function answer(call: () => void): void {
  if (!bound) {
    bind();
  }
  call();
}

/** A request in a buffer of its own. */
export class LargeRequest {
  readonly fields: Int32Array;
  private readonly texts: Uint8Array;
  private end: number;

  /** size counts the numbers, room all bytes. */
  constructor(size: number, room: number) {
    const bytes = new ArrayBuffer(room);
    this.fields = new Int32Array(bytes, 0, size);
    this.texts = new Uint8Array(bytes);
    this.end = this.fields.byteLength;
  }

  /** Adds a text, which the numbers at field tell the place of. */
  add(field: number, text: string): void {
    this.fields[field] = this.end;
    const { written } = encoder.encodeInto(text, this.texts.subarray(this.end));
    this.fields[field + 1] = written;
    this.end += written;
  }

  /** Calls the addon with the request, and puts the result where that of any request is. */
  answer(call: () => void): void {
    addon.bind(this.fields.buffer as ArrayBuffer);
    call();
    bind();
    numbers.set(this.fields.subarray(Field.Code, Field.Attributes), Field.Code);
  }
}
