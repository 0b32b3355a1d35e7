/** Values of a program, made fit for JSON. What the engine refuses by name is left to it. */
import { messageOf } from './logging';

type Problem = (message: string) => void;

export function booleanOf(value: unknown): boolean {
  return Boolean(value);
}

/** The text of anything; empty if it has none. */
export function textOf(value: unknown): string {
  try {
    return String(value);
  } catch {
    return '';
  }
}

/** Whether a value is an array. Array.isArray throws for a proxy that was revoked. */
export function isList(value: unknown): value is unknown[] {
  try {
    return Array.isArray(value);
  } catch {
    return false;
  }
}

/** The names of the members of an object. */
export function namesOf(value: unknown, problem: Problem): string[] {
  try {
    return typeof value === 'object' && value !== null ? Object.keys(value) : [];
  } catch (error) {
    problem(`an object cannot be read: ${messageOf(error)}`);
    return [];
  }
}

/** The id of a visitor. undefined: one is to be generated. */
export function idOf(value: unknown, problem: Problem): string | undefined {
  switch (typeof value) {
    case 'string':
      return value === '' ? undefined : value;
    case 'number':
    case 'bigint':
      return String(value);
    case 'undefined':
      return undefined;
    default:
      if (value !== null) {
        problem(`the id of a visitor is a ${typeof value}, want a text`);
      }
      return undefined;
  }
}

/** The attributes of a context. What is no text, number or boolean is null, which the engine refuses by its name. */
export function contextOf(value: unknown, problem: Problem): Record<string, string | number | boolean | null> {
  const context = Object.create(null) as Record<string, string | number | boolean | null>;
  if (typeof value !== 'object' || value === null || isList(value)) {
    problem('a context is not an object');
    return context;
  }
  for (const name of namesOf(value, problem)) {
    context[name] = attributeOf(value as Record<string, unknown>, name, problem);
  }
  return context;
}

function attributeOf(
  context: Record<string, unknown>,
  name: string,
  problem: Problem,
): string | number | boolean | null {
  try {
    const value = context[name];
    switch (typeof value) {
      case 'string':
      case 'boolean':
        return value;
      case 'number':
        return Number.isFinite(value) ? value : null;
      default:
        return null;
    }
  } catch {
    problem(`${name} cannot be read`);
    return null;
  }
}

/** A hit with its members as JSON has them. undefined: it cannot be read, which problem has heard of. */
export function plainHit(hit: unknown, problem: Problem): object | undefined {
  try {
    if (typeof hit !== 'object' || hit === null) {
      throw new TypeError('it is not an object');
    }
    const text = JSON.stringify(hit, (_name, value: unknown) => (typeof value === 'bigint' ? Number(value) : value));
    return JSON.parse(text) as object;
  } catch (error) {
    problem(`a hit cannot be read: ${messageOf(error)}`);
    return undefined;
  }
}
