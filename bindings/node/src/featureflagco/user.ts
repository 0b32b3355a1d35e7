import { appendProperties, type IContextProperty } from '../featbit/user';

/** Whom a flag is evaluated for. */
export interface IUser {
  key: string;
  name?: string;
  email?: string;
  country?: string;
  /** Booleans are left out, as by the vendor. */
  customizedProperties?: IContextProperty[];
}

/** Builds a user. */
export class UserBuilder {
  private readonly user: IUser & { customizedProperties: IContextProperty[] };

  constructor(key: string) {
    this.user = { key, customizedProperties: [] };
  }

  name(name: string): UserBuilder {
    this.user.name = name;
    return this;
  }

  email(email: string): UserBuilder {
    this.user.email = email;
    return this;
  }

  country(country: string): UserBuilder {
    this.user.country = country;
    return this;
  }

  /** Adds an attribute. Of attributes with one name the first counts. */
  custom(propertyName: string, value: string | number | bigint): UserBuilder {
    this.user.customizedProperties.push({ name: propertyName, value: value as string });
    return this;
  }

  build(): IUser {
    return { ...this.user, customizedProperties: [...this.user.customizedProperties] };
  }
}

const builtIns = ['name', 'email', 'country'] as const;
const reservedNames = new Set<string>(['key', 'keyid', ...builtIns]);
const reserved = (name: string): boolean => reservedNames.has(name.toLowerCase());

/** What stands for a built-in attribute that is no text: to the engine it is as invalid as that. */
const invalid = ' ';

/** The attributes of a user: each name followed by its text. A user who is none has none. */
export function userTexts(user: IUser | null | undefined): string[] {
  const texts: string[] = [];
  if (typeof user !== 'object' || user === null) {
    return texts;
  }
  for (const name of builtIns) {
    const value: unknown = user[name];
    if (value) {
      texts.push(name, typeof value === 'string' ? value : invalid);
    }
  }
  const { customizedProperties: properties } = user;
  const usable = Array.isArray(properties)
    ? properties.filter((property) => typeof (property?.value as unknown) !== 'boolean')
    : undefined;
  appendProperties(texts, texts.length, usable, reserved);
  return texts;
}

/** The key of a user; empty, and so invalid to the engine, for what is none. */
export function userKey(user: IUser | null | undefined): string {
  const key: unknown = user?.key;
  return typeof key === 'string' ? key : '';
}

/** A user as the engine's calls in JSON take one. */
export function userContext(user: IUser | null | undefined): Record<string, string> {
  const context = Object.create(null) as Record<string, string>;
  const texts = userTexts(user);
  for (let i = 0; i < texts.length; i += 2) {
    context[texts[i] as string] = texts[i + 1] as string;
  }
  context['targetingKey'] = userKey(user);
  return context;
}
