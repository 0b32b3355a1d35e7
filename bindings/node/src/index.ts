/// <reference lib="esnext.disposable" />
export { open, Client } from './client';
export type { Details, Explanation, Flag, Reason, TrackOptions } from './client';
export type { Change, Deliveries, Events, LogRecord, State, Status } from './connection';
export type { Context, JsonValue } from './context';
export { FeatureFlagError } from './errors';
export type { ErrorCode } from './errors';
export type { DataSyncOptions, EventOptions, FlagshipOptions, FliptOptions, OpenOptions } from './open_options';
export { engineVersion } from './native';
