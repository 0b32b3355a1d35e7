import { Connection } from '../connection';
import { Flags } from '../request';
import { JsonBootstrapProvider, NullBootstrapProvider, type IBootstrapProvider } from './bootstrap';
import { toJson, type IConvertResult } from './converters';
import type { DataSyncMessage } from './data';
import { detailOf, evaluateFlag, ReasonKinds, userContext, type Answer, type IEvalDetail } from './evaluation';
import type { IFbClient } from './interface';
import { EngineClient, messageOf } from './lifecycle';
import {
  connectingOptions,
  deliveredOptions,
  loggerOf,
  readSettings,
  words,
  type IOptions,
  type Settings,
} from './options';
import { InMemoryStore, messageOfStore } from './store';
import { EngineUpdates, type IClientContext, type IDataSynchronizer } from './synchronizer';
import type { IUser } from './user';

/** Bounds how long a client that reads its flags from memory may take to be there, in milliseconds. */
const openingTime = 60_000;

/** What `FbClientBuilder` makes. */
export class FbClientNode extends EngineClient implements IFbClient {
  private synchronizer: IDataSynchronizer | undefined;
  private warned = false;

  constructor(options: IOptions) {
    const logger = loggerOf(options);
    const settings = readSettings(options, logger);
    check(settings, (message) => logger.error(message));
    super(logger, settings.startWaitTime, words);
    try {
      this.begin(settings);
    } catch (error) {
      void this.close();
      throw error;
    }
  }

  private begin(settings: Settings): void {
    const { bootstrapProvider: provider } = settings;
    if (provider === undefined || provider instanceof NullBootstrapProvider) {
      this.open(settings, undefined);
    } else if (provider instanceof JsonBootstrapProvider) {
      this.open(settings, provider.message);
    } else {
      this.populate(settings, provider);
    }
  }

  /** Opens the client when a provider of the program's own has delivered, which it may do at once. */
  private populate(settings: Settings, provider: IBootstrapProvider): void {
    const store = new InMemoryStore();
    let opened = false;
    const openOnce = (): void => {
      if (!opened && !this.closed) {
        opened = true;
        this.open(settings, store.initialized() ? messageOfStore(store) : undefined);
      }
    };
    const populated = provider.populate(store);
    if (store.initialized()) {
      openOnce();
    }
    Promise.resolve(populated)
      .catch((error: unknown) => {
        this.logger.error(`The bootstrap provider failed: ${messageOf(error)}`);
        this.report(messageOf(error));
      })
      .then(openOnce)
      .catch((error: unknown) => {
        this.logger.error(messageOf(error));
        this.fail(error instanceof Error ? error : new Error(String(error)));
      });
  }

  private open(settings: Settings, document: DataSyncMessage | undefined): void {
    const common = { backend: 'featbit', log_level: settings.engineLog };
    if (settings.offline) {
      const local = document === undefined ? {} : { document };
      this.attach(Connection.openNow({ ...common, offline: true, ...local, start_wait_ms: openingTime }, words));
      this.becomeReady();
    } else if (settings.dataSynchronizer !== undefined) {
      this.synchronize(settings, common, document);
    } else {
      this.attach(Connection.openNow({ ...common, ...connectingOptions(settings, document), start_wait_ms: 0 }, words));
    }
  }

  /** Lets a data source of the program's own deliver the flags. */
  private synchronize(settings: Settings, common: object, document: DataSyncMessage | undefined): void {
    const { dataSynchronizer: given } = settings;
    const context = { ...settings, logger: this.logger };
    const store = storeOf(settings, context);
    const options = deliveredOptions(settings, document ?? messageOfStore(store));
    const connection = Connection.openNow({ ...common, ...options, start_wait_ms: openingTime }, words);
    this.attach(connection, true);
    this.synchronizer =
      typeof given === 'function'
        ? given(
            context,
            store,
            new EngineUpdates(connection, store),
            () => this.becomeReady(),
            (error) => this.report(messageOf(error)),
          )
        : given;
    this.synchronizer?.start();
  }

  override async close(): Promise<void> {
    const { synchronizer } = this;
    this.synchronizer = undefined;
    try {
      synchronizer?.close();
    } finally {
      await super.close();
    }
  }

  boolVariation(key: string, user: IUser, defaultValue: boolean): Promise<boolean> {
    const { boolean } = this.answer(key, user, Flags.None);
    return Promise.resolve(boolean === undefined ? defaultValue : boolean);
  }

  boolVariationDetail(key: string, user: IUser, defaultValue: boolean): Promise<IEvalDetail<boolean>> {
    const answer = this.answer(key, user, Flags.None);
    return Promise.resolve(detailOf(key, answer, answer.boolean, defaultValue));
  }

  stringVariation(key: string, user: IUser, defaultValue: string): Promise<string> {
    const { text } = this.answer(key, user, Flags.None);
    return Promise.resolve(text === undefined ? defaultValue : text);
  }

  stringVariationDetail(key: string, user: IUser, defaultValue: string): Promise<IEvalDetail<string>> {
    const answer = this.answer(key, user, Flags.None);
    return Promise.resolve(detailOf(key, answer, answer.text, defaultValue));
  }

  numberVariation(key: string, user: IUser, defaultValue: number): Promise<number> {
    const { number } = this.answer(key, user, Flags.None);
    return Promise.resolve(number === undefined ? defaultValue : number);
  }

  numberVariationDetail(key: string, user: IUser, defaultValue: number): Promise<IEvalDetail<number>> {
    const answer = this.answer(key, user, Flags.None);
    return Promise.resolve(detailOf(key, answer, answer.number, defaultValue));
  }

  /* eslint-disable @typescript-eslint/no-explicit-any -- as FeatBit declares it */

  jsonVariation(key: string, user: IUser, defaultValue: any): Promise<any> {
    const { text } = this.answer(key, user, Flags.None);
    const value = text === undefined ? undefined : toJson(text);
    return Promise.resolve(value === undefined ? defaultValue : value);
  }

  jsonVariationDetail(key: string, user: IUser, defaultValue: any): Promise<IEvalDetail<any>> {
    const answer = this.answer(key, user, Flags.None);
    const value = answer.text === undefined ? undefined : toJson(answer.text);
    return Promise.resolve(detailOf(key, answer, value, defaultValue));
  }

  /* eslint-enable @typescript-eslint/no-explicit-any */

  evaluateCore<TValue>(
    flagKey: string,
    user: IUser,
    defaultValue: TValue,
    typeConverter: (value: string) => IConvertResult<TValue>,
  ): IEvalDetail<TValue> {
    const answer = this.answer(flagKey, user, Flags.None);
    const { isSucceeded, value } = answer.text === undefined ? noValue : typeConverter(answer.text);
    return detailOf(flagKey, answer, isSucceeded ? (value as TValue) : undefined, defaultValue);
  }

  getAllVariations(user: IUser): Promise<IEvalDetail<string>[]> {
    const problem = userContext(user);
    const engine = this.engine;
    if (typeof problem === 'string') {
      this.report(problem);
      return Promise.resolve([]);
    }
    if (engine === undefined || this.handle === undefined) {
      return Promise.resolve([]);
    }
    const { keys } = engine.callNow('featbit.flag_keys') as { keys: string[] };
    const details = keys.map((key) => {
      const answer = evaluateFlag(this.handle, Flags.NoExposure, key, user);
      return detailOf(key, answer, answer.text, '');
    });
    return Promise.resolve(details.filter(({ kind }) => kind !== ReasonKinds.FlagNotFound));
  }

  track(user: IUser, eventName: string, metricValue: number = 1): void {
    const context = userContext(user);
    const problem =
      typeof context === 'string'
        ? context
        : typeof eventName !== 'string' || eventName === ''
          ? 'the name of the event is empty'
          : typeof metricValue !== 'number' || !Number.isFinite(metricValue)
            ? `the value of ${eventName} is not a finite number`
            : undefined;
    if (problem !== undefined) {
      this.logger.warn(`An event is not sent: ${problem}`);
      this.report(problem);
      return;
    }
    try {
      this.engine?.callNow('track', JSON.stringify({ event: eventName, value: metricValue, context }));
    } catch (error) {
      this.logger.error(`An event is not sent: ${messageOf(error)}`);
    }
  }

  private answer(key: string, user: IUser, flags: Flags): Answer {
    const answer = evaluateFlag(this.handle, flags, key, user);
    if (answer.problem !== undefined) {
      this.complain(key, answer);
    }
    return answer;
  }

  private complain(key: string, { kind, problem }: Answer): void {
    if (kind === ReasonKinds.ClientNotReady) {
      if (!this.warned) {
        this.warned = true;
        this.logger.warn('A flag was evaluated before the client was ready, and its default was returned');
      }
      return;
    }
    this.logger.debug(`Flag ${key} has its default: ${problem}`);
    this.report(problem as string);
  }
}

const noValue = { isSucceeded: false, value: undefined } as const;

/** Refuses what cannot work, and says what may be an oversight. */
function check(settings: Settings, say: (message: string) => void): void {
  const { sdkKey, dataSyncMode, dataSynchronizer, store, disableEvents } = settings;
  if (store !== undefined && dataSynchronizer === undefined) {
    throw new Error(
      'Config option "store" is not supported: the engine holds the flags. It can be an InMemoryStore together with the' +
        ' option "dataSynchronizer"; to keep flags for the next start there is "cachePath"',
    );
  }
  if (settings.offline) {
    return;
  }
  if (sdkKey === '') {
    throw new Error('You must configure the client with an SDK key');
  }
  if (settings.eventsUri === '' && !disableEvents) {
    say('Config option "eventsUri" is missing: no events are sent');
  }
  const uri = dataSyncMode === 'polling' ? 'pollingUri' : 'streamingUri';
  if (settings[uri] === '' && dataSynchronizer === undefined) {
    throw new Error(`Config option "${uri}" is missing`);
  }
}

function storeOf({ store }: Settings, context: IClientContext): InMemoryStore {
  const given = typeof store === 'function' ? store(context) : (store ?? new InMemoryStore());
  if (!(given instanceof InMemoryStore)) {
    throw new Error('Config option "store" is not supported: it has to be an InMemoryStore');
  }
  return given;
}
