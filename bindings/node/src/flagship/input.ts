/** Values of a program, made fit for JSON. What the engine refuses by name is left to it. */

type Problem = (message: string) => void;

export function booleanOf(value: unknown): boolean {
  return Boolean(value);
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
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    problem('a context is not an object');
    return context;
  }
  for (const name of Object.keys(value)) {
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
    problem(`a hit cannot be read: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}
