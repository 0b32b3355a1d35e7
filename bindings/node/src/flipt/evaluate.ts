/** Evaluations in Flipt's words. */
import type { Context } from '../context';
import type { Handle } from '../native';
import { lastMessage, lastOutcome, type Outcome } from '../outcome';
import { evaluate, last, Want } from '../request';
import type {
  BatchEvaluationResponse,
  BooleanEvaluationResponse,
  EvaluationRequest,
  EvaluationResponse,
  Hook,
  VariantEvaluationResponse,
} from './types';

const match = 'MATCH_EVALUATION_REASON';

/** Flipt's reason for each burgee_reason. A match of a rule and a share of a split are the same to Flipt. */
const reasons: readonly string[] = [
  'UNKNOWN_EVALUATION_REASON',
  match,
  match,
  'DEFAULT_EVALUATION_REASON',
  'FLAG_DISABLED_EVALUATION_REASON',
  'UNKNOWN_EVALUATION_REASON',
  'DEFAULT_EVALUATION_REASON',
];

/** Why one entry of a batch has no answer, while its neighbours have theirs: by burgee_code. */
const entryReasons: Readonly<Record<number, string>> = {
  3: 'NOT_FOUND_ERROR_EVALUATION_REASON', // BURGEE_FLAG_NOT_FOUND
  4: 'UNKNOWN_ERROR_EVALUATION_REASON', // BURGEE_PARSE_ERROR: the flag's definition makes no sense
};
const typeBoolean = 1; // BURGEE_TYPE_BOOLEAN

const noContext: Context = Object.freeze({});

// The text of the last millisecond that was asked for.
let stampedAt = NaN;
let stamp = '';

function timestamp(): string {
  const now = last.now();
  if (now !== stampedAt) {
    stampedAt = now;
    stamp = new Date(now).toISOString();
  }
  return stamp;
}

function requireText(text: unknown, name: string): void {
  // Nearly every key begins with a visible ASCII character, and then it is not blank.
  const first = typeof text === 'string' ? text.charCodeAt(0) : NaN;
  if (!(first > 0x20 && first < 0x7f) && (typeof text !== 'string' || text.trim() === '')) {
    throw new Error(`${name} cannot be empty`);
  }
}

function copyOf(segments: readonly string[]): string[] {
  switch (segments.length) {
    case 0:
      return [];
    case 1:
      return [segments[0] as string];
    default:
      return segments.slice();
  }
}

// Of a result in Flipt's form the variant's place holds the flag's own key, if it is not the one that was asked for.
function variantResponse(flagKey: string, outcome: Outcome): VariantEvaluationResponse {
  return outcome.attachment === undefined
    ? {
        match: outcome.matched,
        segmentKeys: copyOf(outcome.segments),
        reason: reasons[outcome.reason] as string,
        flagKey: outcome.variant || flagKey,
        variantKey: outcome.text,
        requestDurationMillis: 0,
        timestamp: timestamp(),
      }
    : {
        match: outcome.matched,
        segmentKeys: copyOf(outcome.segments),
        reason: reasons[outcome.reason] as string,
        flagKey: outcome.variant || flagKey,
        variantKey: outcome.text,
        variantAttachment: outcome.attachment,
        requestDurationMillis: 0,
        timestamp: timestamp(),
      };
}

function booleanResponse(flagKey: string, outcome: Outcome): BooleanEvaluationResponse {
  return {
    enabled: outcome.boolean,
    flagKey: outcome.variant || flagKey,
    reason: reasons[outcome.reason] as string,
    requestDurationMillis: 0,
    timestamp: timestamp(),
    segmentKeys: copyOf(outcome.segments),
  };
}

export function evaluateVariant(
  handle: Handle,
  hook: Hook | undefined,
  flagKey: string,
  entityId: string,
  context: Record<string, string> | undefined,
): VariantEvaluationResponse {
  requireText(flagKey, 'flagKey');
  requireText(entityId, 'entityId');
  if (hook !== undefined) {
    hook.before({ flagKey });
  }
  if (evaluate(handle, Want.FliptVariant, flagKey, entityId, context ?? noContext, false) !== 0) {
    throw new Error(lastMessage());
  }
  const response = variantResponse(flagKey, lastOutcome());
  if (hook !== undefined) {
    afterVariant(hook, response);
  }
  return response;
}

export function evaluateBoolean(
  handle: Handle,
  hook: Hook | undefined,
  flagKey: string,
  entityId: string,
  context: Record<string, string> | undefined,
): BooleanEvaluationResponse {
  requireText(flagKey, 'flagKey');
  requireText(entityId, 'entityId');
  if (hook !== undefined) {
    hook.before({ flagKey });
  }
  if (evaluate(handle, Want.FliptBoolean, flagKey, entityId, context ?? noContext, false) !== 0) {
    throw new Error(lastMessage());
  }
  const response = booleanResponse(flagKey, lastOutcome());
  if (hook !== undefined) {
    afterBoolean(hook, response);
  }
  return response;
}

export function evaluateBatch(
  handle: Handle,
  hook: Hook | undefined,
  namespaceKey: string,
  requests: EvaluationRequest[],
): BatchEvaluationResponse {
  const began = performance.now();
  for (const { flagKey } of requests) {
    hook?.before({ flagKey });
  }
  const responses = requests.map((request) => evaluateOne(handle, hook, namespaceKey, request));
  return { responses, requestDurationMillis: performance.now() - began };
}

function evaluateOne(
  handle: Handle,
  hook: Hook | undefined,
  namespaceKey: string,
  { flagKey, entityId, context }: EvaluationRequest,
): EvaluationResponse {
  const code = evaluate(handle, Want.FliptAny, String(flagKey), String(entityId), context ?? noContext, false);
  if (code !== 0) {
    const reason = entryReasons[code];
    if (reason === undefined) {
      throw new Error(lastMessage());
    }
    return { type: 'ERROR_EVALUATION_RESPONSE_TYPE', errorEvaluationResponse: { flagKey, namespaceKey, reason } };
  }
  const outcome = lastOutcome();
  if (outcome.flagType === typeBoolean) {
    const booleanEvaluationResponse = booleanResponse(flagKey, outcome);
    if (hook !== undefined) {
      afterBoolean(hook, booleanEvaluationResponse);
    }
    return { type: 'BOOLEAN_EVALUATION_RESPONSE_TYPE', booleanEvaluationResponse };
  }
  const variantEvaluationResponse = variantResponse(flagKey, outcome);
  if (hook !== undefined) {
    afterVariant(hook, variantEvaluationResponse);
  }
  return { type: 'VARIANT_EVALUATION_RESPONSE_TYPE', variantEvaluationResponse };
}

function afterVariant(hook: Hook, { flagKey, variantKey, reason, segmentKeys }: VariantEvaluationResponse): void {
  hook.after({ flagKey, flagType: 'variant', value: variantKey, reason, segmentKeys });
}

function afterBoolean(hook: Hook, { flagKey, enabled, reason, segmentKeys }: BooleanEvaluationResponse): void {
  hook.after({ flagKey, flagType: 'boolean', value: String(enabled), reason, segmentKeys });
}
