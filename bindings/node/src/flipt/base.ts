import { Connection, type Events, type Status } from '../connection';
import { FeatureFlagError } from '../errors';
import { evaluateBatch, evaluateBoolean, evaluateVariant } from './evaluate';
import { FetcherSource, fetchDocument } from './fetched';
import type {
  AuthenticationStrategy,
  BatchEvaluationResponse,
  BooleanEvaluationResponse,
  ClientOptions,
  EvaluationRequest,
  Flag,
  Hook,
  VariantEvaluationResponse,
} from './types';

const defaultInterval = 120; // seconds

/** An open client, as both generations of Flipt's client need it. */
export interface Session {
  readonly connection: Connection;
  readonly fetched: FetcherSource | undefined;
  readonly namespace: string;
  readonly throws: boolean; // errorStrategy is "fail"
  readonly hook: Hook | undefined;
}

/** Opens a session as Flipt's client does: an error of the first fetch rejects, unless a snapshot stands in for it. */
export async function openSession(options: ClientOptions): Promise<Session> {
  const { fetcher, hook, ...rest } = options;
  const errorStrategy = options.errorStrategy ?? 'fail';
  const shared = { namespace: options.namespace ?? 'default', throws: errorStrategy !== 'fallback', hook };
  const tolerant = !shared.throws && options.snapshot !== undefined;
  // To the engine the strategy is always "fallback": in JavaScript a failed fetch never takes flags away.
  const common = { startWaitMs: 30000, ...rest, errorStrategy: checkedStrategy(errorStrategy) };
  if (fetcher === undefined) {
    const connection = await Connection.open(common);
    const status = connection.status();
    if ((status.error !== null || status.state === 'NOT_READY') && !tolerant && status.origin !== 'cache') {
      await connection.close();
      throw new Error(status.error ?? 'Failed to fetch data: no answer within the time to wait');
    }
    return { ...shared, connection, fetched: undefined };
  }
  return { ...shared, ...(await openFetched(common, fetcher, tolerant)) };
}

/** The engine is told "fallback" instead of "fail"; what is neither goes to it as it is, to be refused. */
function checkedStrategy(strategy: string): string {
  return strategy === 'fail' ? 'fallback' : strategy;
}

async function openFetched(
  options: ClientOptions | object,
  fetcher: NonNullable<ClientOptions['fetcher']>,
  tolerant: boolean,
): Promise<Pick<Session, 'connection' | 'fetched'>> {
  const {
    url,
    authentication,
    reference,
    environment,
    updateInterval,
    fetchMode,
    requestTimeout,
    tlsConfig,
    ...local
  } = options as ClientOptions;
  void [url, authentication, reference, environment, fetchMode, requestTimeout, tlsConfig]; // the fetcher's business
  let first;
  try {
    first = await fetchDocument(fetcher, undefined);
  } catch (error) {
    if (!tolerant) {
      throw error;
    }
  }
  const namespace = local.namespace ?? 'default';
  const place = first === undefined ? { fetchMode: 'none' } : { document: first.document };
  const connection = await Connection.open({ ...local, namespace, ...place });
  const status = connection.status();
  if (status.error !== null && !tolerant) {
    await connection.close();
    throw new Error(status.error);
  }
  const fetched = new FetcherSource(connection, fetcher, first?.etag);
  fetched.every(updateInterval || defaultInterval);
  return { connection, fetched };
}

/** What the clients of every generation can do. */
export abstract class BaseFliptClient {
  /** @internal */
  protected readonly session: Session;

  /** @internal */
  protected constructor(session: Session) {
    this.session = session;
  }

  /** The flags as base64, for the option `snapshot`. */
  getSnapshot(): string {
    return (this.session.connection.callNow('flipt.snapshot') as { snapshot: string }).snapshot;
  }

  /** Fetches now. True when there were new flags. An error rejects only with the error strategy "fail". */
  async refresh(): Promise<boolean> {
    const { connection, fetched, throws } = this.session;
    try {
      if (fetched !== undefined) {
        return await fetched.refresh();
      }
      return ((await connection.call('refresh')) as { changed: boolean }).changed;
    } catch (error) {
      if (throws) {
        throw error;
      }
      return false;
    }
  }

  /** Throws an Error for an unknown flag and for one that is not a variant flag. */
  evaluateVariant({ flagKey, entityId, context }: EvaluationRequest): VariantEvaluationResponse {
    return evaluateVariant(this.session.connection.handle, this.session.hook, flagKey, entityId, context);
  }

  /** Throws an Error for an unknown flag and for one that is not a boolean flag. */
  evaluateBoolean({ flagKey, entityId, context }: EvaluationRequest): BooleanEvaluationResponse {
    return evaluateBoolean(this.session.connection.handle, this.session.hook, flagKey, entityId, context);
  }

  /** Evaluates in order. An unknown flag is an entry of its own kind. */
  evaluateBatch(requests: EvaluationRequest[]): BatchEvaluationResponse {
    const { connection, hook, namespace } = this.session;
    return evaluateBatch(connection.handle, hook, namespace, requests);
  }

  listFlags(): Flag[] {
    return listFlags(this.session.connection);
  }

  /** Changes the credentials, from the next request on. */
  updateAuthentication(authentication: AuthenticationStrategy | 'none'): void {
    this.session.connection.callNow('flipt.update_authentication', authenticationParams(authentication));
  }

  /** What the flags are worth at this moment. */
  status(): Status {
    return this.session.connection.status();
  }

  on<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void): this {
    this.session.connection.on(name, listener);
    return this;
  }

  off<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void): this {
    this.session.connection.off(name, listener);
    return this;
  }

  /** Stops the client within milliseconds. Need not be awaited, and may be called again. */
  close(): Promise<void> {
    this.session.fetched?.stop();
    return this.session.connection.close();
  }
}

function authenticationParams(authentication: AuthenticationStrategy | 'none'): string {
  if (authentication === 'none') {
    return '{"authentication":"none"}';
  }
  const { clientToken, jwtToken } = { ...authentication } as { clientToken?: unknown; jwtToken?: unknown };
  if (typeof clientToken === 'string' && jwtToken === undefined) {
    return JSON.stringify({ authentication: { client_token: clientToken } });
  }
  if (typeof jwtToken === 'string' && clientToken === undefined) {
    return JSON.stringify({ authentication: { jwt_token: jwtToken } });
  }
  throw new TypeError("authentication: want 'none', or an object with clientToken or jwtToken");
}

interface EngineFlag {
  readonly key: string;
  readonly type: string;
  readonly enabled: boolean;
  readonly description?: string;
  readonly defaultVariant?: { id: string; key: string; attachment?: string };
}

export function listFlags(connection: Connection): Flag[] {
  let flags: EngineFlag[];
  try {
    ({ flags } = connection.callNow('flags') as { flags: EngineFlag[] });
  } catch (error) {
    throw error instanceof FeatureFlagError ? new Error(error.message) : error;
  }
  return flags.map(({ key, type, enabled, description, defaultVariant }) => ({
    key,
    enabled,
    type: type === 'boolean' ? 'BOOLEAN_FLAG_TYPE' : 'VARIANT_FLAG_TYPE',
    ...(description === undefined ? undefined : { description }),
    ...(defaultVariant === undefined ? undefined : { defaultVariant }),
  }));
}
