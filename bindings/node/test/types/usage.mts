// Compiles only if the declarations of the package are right, for ESM.
import { open, FeatureFlagError, type Client, type Details } from 'burgee';
import {
  BaseFliptClient,
  ErrorStrategy,
  FliptClient,
  type BooleanEvaluationResponse,
  type ClientOptions,
  type IFetcher,
  type VariantEvaluationResponse,
} from 'burgee/flipt';

export async function unified(): Promise<number> {
  const client: Client = await open({ backend: 'flipt', url: 'http://localhost:8080', updateInterval: 10 });
  const context = {
    targetingKey: 'u',
    plan: 'pro',
    seats: 5n,
    since: new Date(),
    tags: ['a'],
    address: { city: 'Paris' },
  };
  const on: boolean = client.boolean('a', false, context);
  const text: string = client.string('a', 'b');
  const size: number = client.number('a', 1, context);
  const limits: { max: number } = client.object('a', { max: 1 }, context);
  const details: Details<boolean> = client.details('a', true, context);
  const reason: string | undefined = details.metadata.vendorReason ?? details.metadata.ruleName;
  const { since, errorKind, events } = client.status();
  void [reason, since, errorKind, events?.dropped.full];
  const tracked: boolean = client.track('purchase', { value: 9.5, context });
  const flushed: boolean = await client.flush(100);
  void [tracked, flushed];
  const stop: () => void = client.onChange(({ flags, version }) => void [flags.length, version]);
  client.on('log', ({ level, message }) => void [level, message]).on('status', ({ state }) => void state);
  // @ts-expect-error there is no such event
  client.on('changed', () => undefined);
  // @ts-expect-error the default of a boolean is a boolean
  client.boolean('a', 'no');
  // @ts-expect-error responses are immutable
  details.value = false;
  stop();
  await using other = client;
  void [on, text, limits.max, other, FeatureFlagError];
  return size;
}

export async function flipt(): Promise<BaseFliptClient> {
  const fetcher: IFetcher = (options) =>
    fetch('http://localhost:8080', { headers: options?.etag === undefined ? {} : { 'If-None-Match': options.etag } });
  const options: ClientOptions = {
    fetcher,
    errorStrategy: ErrorStrategy.Fallback,
    authentication: { clientToken: 'x' },
    hook: { before: ({ flagKey }) => void flagKey, after: ({ value, segmentKeys }) => void [value, segmentKeys] },
    fetchMode: 'streaming',
  };
  const client = await FliptClient.init(options);
  const variant: VariantEvaluationResponse = client.evaluateVariant({ flagKey: 'a', entityId: 'b', context: {} });
  const boolean: BooleanEvaluationResponse = client.evaluateBoolean({ flagKey: 'a', entityId: 'b', context: {} });
  // @ts-expect-error the attachment may be absent
  const attachment: string = variant.variantAttachment;
  void [boolean.enabled, attachment];
  client.close();
  return client;
}
