/** Evaluations in FeatBit's words. */
import { Kind } from '../context';
import type { ErrorCode } from '../errors';
import { errorCodes } from '../errors';
import type { Handle } from '../native';
import { lastMessage, lastOutcome, type Outcome } from '../outcome';
import { evaluateNamed, Flags, type AppendNamed } from '../request';
import { toBoolean, toNumber } from './converters';
import { appendProperties, appendProperty, isText, type IUser } from './user';

/** Why a flag has its value, in classes. */
export enum ReasonKinds {
  ClientNotReady = 'ClientNotReady',
  Off = 'Off',
  FallThrough = 'FallThrough',
  TargetMatch = 'TargetMatch',
  RuleMatch = 'RuleMatch',
  WrongType = 'WrongType',
  FlagNotFound = 'FlagNotFound',
  Error = 'Error',
}

/** A value, and where it comes from. */
export interface IEvalDetail<TValue> {
  flagKey: string;
  kind: ReasonKinds;
  /** Why, for people. */
  reason?: string;
  /** The value that the flag serves, or the default. */
  value?: TValue;
}

/** What an evaluation came to: a text that is served, or the reason why the default applies. */
export interface Answer {
  readonly kind: ReasonKinds;
  readonly reason: string;
  /** undefined: the default applies. */
  readonly text: string | undefined;
  /** The text as a boolean, as a number; undefined where it is none. */
  readonly boolean: boolean | undefined;
  readonly number: number | undefined;
  /** What is wrong, for a log; of a failure. */
  readonly problem: string | undefined;
}

function failure(kind: ReasonKinds, reason: string, problem = reason): Answer {
  return { kind, reason, text: undefined, boolean: undefined, number: undefined, problem };
}

const notReady = failure(ReasonKinds.ClientNotReady, 'client not ready');
const noUser = failure(ReasonKinds.Error, 'No user specified returning default value.');
const noKey = failure(ReasonKinds.Error, 'key is mandatory returning default value.');

/** The engine's words are those of FeatBit's client for Python, which differ in part. */
const kinds: Readonly<Record<string, [kind: ReasonKinds, reason: (ruleName: string) => string]>> = {
  'flag off': [ReasonKinds.Off, () => 'flag off'],
  'target match': [ReasonKinds.TargetMatch, () => 'target match'],
  'rule match': [ReasonKinds.RuleMatch, (ruleName) => `match rule ${ruleName}`],
  'fall through all rules': [ReasonKinds.FallThrough, () => 'fall through targets and rules'],
};

/** The text that an outcome serves. Data of FeatBit's own has only texts; undefined for a null. */
function servedText(outcome: Outcome): string | undefined {
  switch (outcome.kind) {
    case Kind.Boolean:
      return String(outcome.boolean);
    case Kind.Null:
      return undefined;
    default:
      return outcome.text;
  }
}

function success(outcome: Outcome): Answer {
  const text = servedText(outcome);
  const [kind, reason] = kinds[outcome.vendorReason] ?? [ReasonKinds.Error, () => outcome.vendorReason];
  if (text === undefined) {
    return failure(ReasonKinds.Error, 'malformed flag', 'the variation that is served has no value');
  }
  return {
    kind,
    reason: reason(outcome.ruleName),
    text,
    boolean: toBoolean(text),
    number: toNumber(text),
    problem: undefined,
  };
}

function failed(code: ErrorCode | undefined, flagKey: string): Answer {
  switch (code) {
    case 'PROVIDER_NOT_READY':
    case 'PROVIDER_FATAL':
    case 'INVALID_HANDLE':
      return notReady;
    case 'FLAG_NOT_FOUND':
      return failure(ReasonKinds.FlagNotFound, `flag not found: ${flagKey}`);
    default:
      return failure(ReasonKinds.Error, 'malformed flag', lastMessage());
  }
}

/** What is wrong with a user; undefined when one can be evaluated for. */
function userProblem(user: IUser | null | undefined): Answer | undefined {
  if (user === null || user === undefined) {
    return noUser;
  }
  return isText(user.key) ? undefined : noKey;
}

const isName = (name: string): boolean => name === 'name';

const appendCustom: AppendNamed = (texts, length, name, value) => appendProperty(texts, length, name, value, isName);

const none: readonly [] = [];

/** Evaluates a flag. handle is undefined for a client that has no flags yet. Throws only what a getter of the user does. */
export function evaluateFlag(handle: Handle | undefined, flags: Flags, flagKey: string, user: IUser): Answer {
  if (handle === undefined) {
    return notReady;
  }
  const problem = userProblem(user);
  if (problem !== undefined) {
    return problem;
  }
  if (typeof flagKey !== 'string') {
    return failed('FLAG_NOT_FOUND', flagKey);
  }
  const { name, customizedProperties } = user;
  const code = evaluateNamed(
    handle,
    flags | Flags.NoExperiment,
    flagKey,
    user.key,
    Array.isArray(customizedProperties) ? customizedProperties : none,
    appendCustom,
    'name', // last, where the engine looks first
    isText(name) ? name : undefined,
  );
  if (code !== 0) {
    return failed(errorCodes[code], flagKey);
  }
  const outcome = lastOutcome();
  return (outcome.vendor ??= success(outcome)) as Answer;
}

/** Writes the attributes of a user into texts, and returns how many entries are used. */
function userTexts(texts: string[], user: IUser): number {
  const length = appendProperties(texts, 0, user.customizedProperties, isName);
  if (!isText(user.name)) {
    return length;
  }
  texts[length] = 'name'; // last, where the engine looks first
  texts[length + 1] = user.name;
  return length + 2;
}

/** A user as the engine's calls in JSON take one; a text says what is wrong with the user. */
export function userContext(user: IUser | null | undefined): Record<string, string> | string {
  const problem = userProblem(user);
  if (problem !== undefined) {
    return problem.reason;
  }
  const texts: string[] = [];
  const length = userTexts(texts, user as IUser);
  const context: Record<string, string> = Object.create(null) as Record<string, string>;
  for (let i = 0; i < length; i += 2) {
    context[texts[i] as string] = texts[i + 1] as string;
  }
  context['targetingKey'] = (user as IUser).key;
  return context;
}

export function detailOf<TValue>(
  flagKey: string,
  { kind, reason, text }: Answer,
  value: TValue | undefined,
  fallback: TValue,
): IEvalDetail<TValue> {
  if (text === undefined) {
    return { flagKey, kind, reason, value: fallback };
  }
  return value === undefined
    ? { flagKey, kind: ReasonKinds.WrongType, reason: 'type mismatch', value: fallback }
    : { flagKey, kind, reason, value };
}
