// Compiles only if the declarations of burgee/featbit and burgee/featureflagco are right, for ESM.
import type { EventEmitter } from 'node:events';

import {
  BasicLogger,
  DataKinds,
  DataSyncModeEnum,
  FbClientBuilder,
  InMemoryStore,
  integrations,
  ReasonKinds,
  UserBuilder,
  ValueConverters,
  type IBootstrapProvider,
  type IDataSynchronizer,
  type IEvalDetail,
  type IFbClient,
  type IFlag,
  type ILogger,
  type IOptions,
  type IUser,
} from 'burgee/featbit';
import { FfcClientBuilder, type EvalDetail, type FlagState, type IFfcClient } from 'burgee/featureflagco';

export async function featbit(): Promise<boolean> {
  const logger: ILogger = new BasicLogger({ level: 'warn', destination: (line: string) => void line });
  const options: IOptions = { sdkKey: 'k', streamingUri: 'ws://localhost:5100', logger, spoolPath: '/tmp/spool' };
  const client: IFbClient = new FbClientBuilder(options)
    .eventsUri('http://localhost:5100')
    .dataSyncMode(DataSyncModeEnum.POLLING)
    .pollingUri('http://localhost:5100')
    .pollingInterval(10_000)
    .flushInterval(500)
    .maxEventsInQueue(100)
    .startWaitTime(1000)
    .logLevel('debug')
    .webSocketHandshakeTimeout(1000)
    .disableEvents(true)
    .offline(false)
    .build();
  const emitter: EventEmitter = client;
  emitter.on('update', (keys: string[]) => void keys).once('ready', () => undefined);
  const same: IFbClient = await client.waitForInitialization();
  const user: IUser = new UserBuilder('u').name('bob').custom('age', 18).custom('country', 'FR').build();
  const plain: IUser = { key: 'u', customizedProperties: [{ name: 'a', value: 'b' }] };
  const on: boolean = await client.boolVariation('a', user, false);
  const text: string = await client.stringVariation('a', plain, 'b');
  const size: number = await client.numberVariation('a', user, 1);
  const layout: { columns: number } = await client.jsonVariation('a', user, {});
  const detail: IEvalDetail<boolean> = await client.boolVariationDetail('a', user, false);
  const matched: boolean = detail.kind === ReasonKinds.RuleMatch;
  const every: IEvalDetail<string>[] = await client.getAllVariations(user);
  const core: IEvalDetail<number> = client.evaluateCore('a', user, 1, ValueConverters.number);
  client.track(user, 'signup');
  client.track(user, 'purchase', 9.5);
  const sent: boolean = await client.flush((done: boolean) => void done);
  // @ts-expect-error the default of a boolean is a boolean
  await client.boolVariation('a', user, 'no');
  // @ts-expect-error a user has a key
  await client.boolVariation('a', {}, false);
  // @ts-expect-error there is no such level
  new FbClientBuilder().logLevel('loud');
  await client.close();
  void [same, text, size, layout, matched, every, core, sent];
  return on;
}

export function parts(): IFbClient {
  const provider: IBootstrapProvider = {
    async populate(updates, callback) {
      updates.init({ flags: {}, segments: {} }, callback);
    },
  };
  const synchronizer: IDataSynchronizer = { start() {}, stop() {}, close() {} };
  const testData = new integrations.TestData();
  const flag: IFlag = new integrations.FlagBuilder().key('f').variationType('boolean').build();
  void testData.update(flag);
  const store = new InMemoryStore();
  void store.get(DataKinds.Flags, 'f');
  const factory = new FbClientBuilder({ store, logger: new integrations.TestLogger() })
    .bootstrapProvider(provider)
    .useJsonBootstrapProvider('{"data":{}}')
    .dataSynchronizer(testData.getFactory())
    .build();
  void factory.close();
  return new FbClientBuilder().dataSynchronizer(synchronizer).build();
}

export async function featureflagco(): Promise<boolean> {
  const client: IFfcClient = new FfcClientBuilder({ envSecret: 'a2V5' }).streamingUri('wss://host').build();
  const user = { key: 'u', email: 'a@b.c' };
  const value: string = await client.variation('a', user, 'x');
  const state: FlagState<string> = await client.variationDetail('a', user, 'x');
  const detail: EvalDetail | undefined = (await client.getAllVariations(user)).get('a');
  client.trackMetrics(user, { a: 1 });
  // @ts-expect-error results are immutable
  state.success = false;
  void [value, detail];
  return client.isEnabled('a', user);
}
