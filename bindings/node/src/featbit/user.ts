import { types } from 'node:util';

export interface IContextProperty {
  name: string;
  /** Numbers, booleans and Dates are taken too, and count as the text that JavaScript makes of them. */
  value: string;
}

/** Whom a flag is evaluated for. */
export interface IUser {
  key: string;
  name?: string;
  customizedProperties?: IContextProperty[];
}

/** Builds a user. */
export class UserBuilder {
  private readonly properties: IContextProperty[] = [];
  private userName = '';

  constructor(private readonly key: string) {}

  name(name: string): UserBuilder {
    this.userName = name;
    return this;
  }

  /** Adds an attribute. Of attributes with one name the first counts. */
  custom(propertyName: string, value: string | number | boolean | bigint | Date): UserBuilder {
    this.properties.push({ name: propertyName, value: value as string });
    return this;
  }

  build(): IUser {
    return { name: this.userName, key: this.key, customizedProperties: this.properties };
  }
}

/** The text of an attribute; undefined for what cannot be one: null, functions, arrays and other objects. */
export function propertyText(value: unknown): string | undefined {
  switch (typeof value) {
    case 'string':
      return value;
    case 'number':
    case 'boolean':
    case 'bigint':
      return String(value);
    default:
      return types.isDate(value) && !Number.isNaN(value.getTime()) ? value.toISOString() : undefined;
  }
}

/** Whether a value is a text with more than white space. */
export function isText(value: unknown): value is string {
  if (typeof value !== 'string') {
    return false;
  }
  // Nearly every key begins with a visible ASCII character, and then it is not blank.
  const first = value.charCodeAt(0);
  return (first > 0x20 && first < 0x7f) || value.trim() !== '';
}

/**
 * Appends the custom attributes to texts, in which `length` entries are used: each name followed by its text. Returns the
 * new length. A name that is there already is left out, because the first one counts, and so is a reserved one.
 */
export function appendProperties(
  texts: string[],
  length: number,
  properties: IContextProperty[] | undefined,
  reserved: (name: string) => boolean,
): number {
  if (!Array.isArray(properties)) {
    return length;
  }
  for (const property of properties as readonly (Partial<IContextProperty> | null | undefined)[]) {
    length = appendProperty(texts, length, property?.name, property?.value, reserved);
  }
  return length;
}

/** Appends one custom attribute, as appendProperties. */
export function appendProperty(
  texts: string[],
  length: number,
  name: unknown,
  value: unknown,
  reserved: (name: string) => boolean,
): number {
  const text = typeof value === 'string' ? value : propertyText(value);
  if (typeof name !== 'string' || text === undefined || reserved(name)) {
    return length;
  }
  for (let i = 0; i < length; i += 2) {
    if (texts[i] === name) {
      return length;
    }
  }
  texts[length] = name;
  texts[length + 1] = text;
  return length + 2;
}
