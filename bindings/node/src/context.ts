import { types } from 'node:util';

/** A value as JSON has it. */
export type JsonValue =
  string | number | boolean | null | readonly JsonValue[] | { readonly [name: string]: JsonValue };

/** What is known about whom a flag is evaluated for. */
export interface Context {
  /** Whom to decide for: the id of a user, a session, a machine. */
  targetingKey?: string;
  /**
   * Attributes. Numbers count as JavaScript writes them, a bigint as its digits, a Date as its ISO 8601 text; arrays and
   * objects as JSON. NaN and infinities are null. undefined, functions and symbols are as if absent.
   */
  [attribute: string]: unknown;
}

/** The kinds of an attribute in the C interface (`burgee_kind`). */
export const enum Kind {
  Null = 0,
  Boolean = 1,
  Number = 2,
  String = 3,
  Json = 4,
}

/** An attribute that is not a boolean in the form in which it crosses to the engine. */
export interface Encoded {
  readonly kind: Kind;
  readonly text: string;
}

const encodedNull: Encoded = { kind: Kind.Null, text: '' };

/** Encodes a value that is neither a string nor a boolean; undefined when JSON would leave it out. May throw. */
export function encode(value: unknown): Encoded | undefined {
  switch (typeof value) {
    case 'number':
      return Number.isFinite(value) ? { kind: Kind.Number, text: String(value) } : encodedNull;
    case 'bigint':
      return { kind: Kind.Number, text: String(value) };
    case 'object':
      return value === null ? encodedNull : encodeObject(value);
    case 'string':
      return { kind: Kind.String, text: value };
    default:
      return undefined;
  }
}

function encodeObject(value: object): Encoded | undefined {
  if (types.isDate(value)) {
    return Number.isNaN(value.getTime()) ? encodedNull : { kind: Kind.String, text: value.toISOString() };
  }
  const text = JSON.stringify(value, (_name, inner: unknown) => (typeof inner === 'bigint' ? String(inner) : inner)) as
    string | undefined;
  if (text === undefined) {
    return undefined; // a toJSON that returned undefined
  }
  if (text.startsWith('{') || text.startsWith('[')) {
    return { kind: Kind.Json, text };
  }
  const primitive: unknown = JSON.parse(text); // of a toJSON, or of a String object and the like
  return typeof primitive === 'boolean' ? { kind: Kind.Boolean, text } : encode(primitive);
}

/** The JSON text of a context, for calls that take JSON. May throw. */
export function contextJson(context: Context | undefined): string {
  const members: string[] = [];
  for (const name of Object.keys(context ?? {})) {
    const value = (context as Context)[name];
    if (typeof value === 'boolean') {
      members.push(`${JSON.stringify(name)}:${value}`);
      continue;
    }
    const encoded = encode(value);
    if (encoded !== undefined) {
      members.push(`${JSON.stringify(name)}:${encodedJson(encoded)}`);
    }
  }
  return `{${members.join(',')}}`;
}

function encodedJson({ kind, text }: Encoded): string {
  switch (kind) {
    case Kind.Null:
      return 'null';
    case Kind.String:
      return JSON.stringify(text);
    default:
      return text;
  }
}
