export { JsonBootstrapProvider, NullBootstrapProvider } from './bootstrap';
export type { IBootstrapProvider } from './bootstrap';
export { FbClientBuilder } from './builder';
export type { IFbClient } from './interface';
export { ValueConverters } from './converters';
export type { IConvertResult } from './converters';
export type {
  ICondition,
  IFallthrough,
  IFlag,
  IMatchRule,
  IRolloutVariation,
  ISegment,
  ITargetRule,
  ITargetUser,
  IVariation,
} from './data';
export { ClientError } from './errors';
export { ReasonKinds } from './evaluation';
export type { IEvalDetail } from './evaluation';
export * as integrations from './integrations';
export { BasicLogger, SafeLogger } from './logging';
export type { IBasicLoggerOptions, ILogger, ILogLevel } from './logging';
export { DataSyncModeEnum } from './options';
export type { IOptions } from './options';
export { DataKinds, InMemoryStore } from './store';
export type {
  IDataKind,
  IDataSourceUpdates,
  IKeyedStoreItem,
  IStore,
  IStoreDataStorage,
  IStoreItem,
  IStoreKindData,
} from './store';
export type { DataSynchronizerFactory, IClientContext, IDataSynchronizer } from './synchronizer';
export { UserBuilder } from './user';
export type { IContextProperty, IUser } from './user';
