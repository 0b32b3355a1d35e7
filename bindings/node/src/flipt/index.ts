export { BaseFliptClient } from './base';
export { FliptClient } from './client';
export { FliptEvaluationClient } from './legacy';
export { ClientOptionsFactory, ErrorStrategy } from './types';
export type {
  AuthenticationStrategy,
  BatchEvaluationResponse,
  BooleanEvaluationResponse,
  ClientOptions,
  ClientTokenAuthentication,
  ErrorEvaluationResponse,
  EvaluationRequest,
  EvaluationResponse,
  Flag,
  Hook,
  IFetcher,
  IFetcherOptions,
  JWTAuthentication,
  Response,
  TlsConfig,
  VariantEvaluationResponse,
} from './types';
