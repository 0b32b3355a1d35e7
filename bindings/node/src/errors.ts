/** What went wrong, for a program to branch on. The list is closed; `testdata/abi/error_codes.json` names every code. */
export type ErrorCode =
  | 'PROVIDER_NOT_READY'
  | 'PROVIDER_FATAL'
  | 'FLAG_NOT_FOUND'
  | 'PARSE_ERROR'
  | 'TYPE_MISMATCH'
  | 'TARGETING_KEY_MISSING'
  | 'INVALID_CONTEXT'
  | 'GENERAL'
  | 'INVALID_CONFIG'
  | 'INVALID_REQUEST'
  | 'INVALID_HANDLE'
  | 'UNKNOWN_METHOD'
  | 'FORKED'
  | 'TIMEOUT'
  | 'INTERNAL';

/** Every code at its number in the C interface (`burgee_code`); 0 is success. */
export const errorCodes: readonly (ErrorCode | undefined)[] = [
  undefined,
  'PROVIDER_NOT_READY',
  'PROVIDER_FATAL',
  'FLAG_NOT_FOUND',
  'PARSE_ERROR',
  'TYPE_MISMATCH',
  'TARGETING_KEY_MISSING',
  'INVALID_CONTEXT',
  'GENERAL',
  'INVALID_CONFIG',
  'INVALID_REQUEST',
  'INVALID_HANDLE',
  'UNKNOWN_METHOD',
  'FORKED',
  'TIMEOUT',
  'INTERNAL',
];

/** A call that failed: configuration, a closed client, a failed fetch. Evaluations do not throw; see `Details`. */
export class FeatureFlagError extends Error {
  override readonly name = 'FeatureFlagError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
