import { BaseFliptClient, listFlags, openSession, type Session } from './base';
import { evaluateBatch, evaluateBoolean, evaluateVariant } from './evaluate';
import {
  ErrorStrategy,
  type BatchEvaluationResponse,
  type BooleanEvaluationResponse,
  type ClientOptions,
  type EvaluationRequest,
  type Flag,
  type VariantEvaluationResponse,
} from './types';

/** Flipt's client, as `@flipt-io/flipt-client` had it: the namespace is an argument, and so is each part of a request. */
export class FliptEvaluationClient {
  private readonly client: BaseFliptClient;

  private constructor(private readonly session: Session) {
    this.client = new LegacySession(session);
  }

  /** As `FliptClient.init`. */
  static async init(
    namespace = 'default',
    options: Omit<ClientOptions, 'namespace'> = {
      url: 'http://localhost:8080',
      reference: '',
      updateInterval: 120,
      errorStrategy: ErrorStrategy.Fail,
    },
  ): Promise<FliptEvaluationClient> {
    return new FliptEvaluationClient(await openSession({ ...options, namespace }));
  }

  evaluateVariant(flagKey: string, entityId: string, context: Record<string, string>): VariantEvaluationResponse {
    return evaluateVariant(this.session.connection.handle, this.session.hook, flagKey, entityId, context);
  }

  evaluateBoolean(flagKey: string, entityId: string, context: Record<string, string>): BooleanEvaluationResponse {
    return evaluateBoolean(this.session.connection.handle, this.session.hook, flagKey, entityId, context);
  }

  evaluateBatch(requests: EvaluationRequest[]): BatchEvaluationResponse {
    const { connection, hook, namespace } = this.session;
    return evaluateBatch(connection.handle, hook, namespace, requests);
  }

  listFlags(): Flag[] {
    return listFlags(this.session.connection);
  }

  /** True when there were new flags. An error rejects only with the error strategy "fail". */
  refresh(): Promise<boolean> {
    return this.client.refresh();
  }

  close(): Promise<void> {
    return this.client.close();
  }
}

class LegacySession extends BaseFliptClient {
  // eslint-disable-next-line @typescript-eslint/no-useless-constructor -- it makes the constructor public
  constructor(session: Session) {
    super(session);
  }
}
