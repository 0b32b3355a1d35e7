/** Options of a vendor's client: what is wrong is replaced by its default, and the log says so. */
import type { ILogger } from './logging';

/** What an option may be. `atLeast` is the lowest number, `above` the number that it has to exceed. */
export type Rule =
  | { readonly type: 'string'; readonly default: string; readonly oneOf?: readonly string[] }
  | {
      readonly type: 'number';
      readonly default: number | undefined;
      readonly atLeast?: number;
      readonly above?: number;
    }
  | { readonly type: 'boolean'; readonly default: boolean }
  | { readonly type: 'object'; readonly default: undefined }
  | { readonly type: 'factory method or object'; readonly default: undefined };

export type Rules<Name extends string> = Readonly<Record<Name, Rule>>;

/** Checks options. Unknown names are left out. */
export function validate<Name extends string>(
  rules: Rules<Name>,
  given: object,
  logger: ILogger,
): Record<Name, unknown> {
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(rules, name)) {
      logger.warn(`Ignoring unknown config option "${name}"`);
    }
  }
  const valid = {} as Record<Name, unknown>;
  for (const [name, rule] of Object.entries(rules) as [Name, Rule][]) {
    const value = (given as Record<string, unknown>)[name];
    valid[name] = value === undefined ? rule.default : checked(name, rule, value, logger);
  }
  return valid;
}

function checked(name: string, rule: Rule, value: unknown, logger: ILogger): unknown {
  const actual = typeof value;
  if (rule.type === 'boolean') {
    if (actual !== 'boolean') {
      logger.warn(`Config option "${name}" should be a boolean, got ${actual}, converting to boolean`);
    }
    return Boolean(value);
  }
  if (rule.type === 'factory method or object' ? !isObject(value) && actual !== 'function' : !fits(rule.type, value)) {
    logger.warn(`Config option "${name}" should be of type ${rule.type}, got ${actual}, using default value`);
    return rule.default;
  }
  const problem = rangeProblem(rule, value);
  if (problem !== undefined) {
    logger.warn(`Config option "${name}" should be ${problem}, got ${String(value)}, using default value`);
    return rule.default;
  }
  return value;
}

function fits(type: 'string' | 'number' | 'object', value: unknown): boolean {
  return type === 'object' ? isObject(value) : typeof value === type;
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

function rangeProblem(rule: Rule, value: unknown): string | undefined {
  if (rule.type === 'string') {
    return rule.oneOf?.includes(value as string) === false ? `one of ${rule.oneOf.join(', ')}` : undefined;
  }
  if (rule.type !== 'number') {
    return undefined;
  }
  if (rule.atLeast !== undefined && !((value as number) >= rule.atLeast)) {
    return `at least ${rule.atLeast}`;
  }
  return rule.above !== undefined && !((value as number) > rule.above) ? `above ${rule.above}` : undefined;
}
