/// <reference lib="esnext.disposable" />
export { open, Client } from './client';
export type { Details, Explanation, Flag, OpenOptions, Reason, TrackOptions } from './client';
export type { Change, Events, LogRecord, State, Status } from './connection';
export type { Context, JsonValue } from './context';
export { FeatureFlagError } from './errors';
export type { ErrorCode } from './errors';
export { engineVersion } from './native';
