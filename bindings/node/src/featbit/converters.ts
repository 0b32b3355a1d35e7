/** The text of a variation as the type that a program asks for. */
export interface IConvertResult<TValue> {
  isSucceeded: boolean;
  value?: TValue;
}

function of<TValue>(value: TValue | undefined): IConvertResult<TValue> {
  return value === undefined ? { isSucceeded: false } : { isSucceeded: true, value };
}

/** "true" and "false" in any case; undefined for anything else. */
export function toBoolean(text: string): boolean | undefined {
  switch (text.toLowerCase()) {
    case 'true':
      return true;
    case 'false':
      return false;
    default:
      return undefined;
  }
}

/** What JavaScript's `Number` makes of the text, 0 of an empty one; undefined for what is no number. */
export function toNumber(text: string): number | undefined {
  const value = Number(text);
  return Number.isNaN(value) ? undefined : value;
}

/** A value of the program's own each time; undefined for what is not JSON. */
export function toJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

export const ValueConverters = {
  bool: (value: string): IConvertResult<boolean> => of(toBoolean(value)),
  number: (value: string): IConvertResult<number> => of(toNumber(value)),
  string: (value: string): IConvertResult<string> => of(value),
  json: (value: string): IConvertResult<unknown> => of(toJson(value)),
} as const;
