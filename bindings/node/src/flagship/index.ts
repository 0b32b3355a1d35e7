import { Flagship } from './flagship';

export default Flagship;
export { Flagship };
export type { StartedFlagship } from './flagship';
export { DecisionApiConfig } from './config';
export type { BurgeeConfig, IFlagshipConfig, ITrackingManagerConfig } from './config';
export {
  CacheStrategy,
  DecisionMode,
  EventCategory,
  FSFetchReasons,
  FSFetchStatus,
  FSFlagStatus,
  FSSdkStatus,
  HitType,
  LogLevel,
  TargetingOperator,
  TroubleshootingLabel,
  VisitorCacheStatus,
} from './enums';
export * from './context_keys';
export { Visitor } from './visitor';
export { FSFlag, FSFlagMetadata } from './flag';
export type { IFSFlag } from './flag';
export { FSFlagCollection } from './collection';
export type { IFSFlagCollection } from './collection';
export type { IHitCacheImplementation, IVisitorCacheImplementation } from './caches';
export type { IFlagshipLogManager } from './logging';
export type * from './types';
