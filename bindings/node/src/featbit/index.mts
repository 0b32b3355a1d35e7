// The package has its state once, in the CommonJS modules; this one only gives them ESM's names.
export {
  BasicLogger,
  ClientError,
  DataKinds,
  DataSyncModeEnum,
  FbClientBuilder,
  InMemoryStore,
  integrations,
  JsonBootstrapProvider,
  NullBootstrapProvider,
  ReasonKinds,
  SafeLogger,
  UserBuilder,
  ValueConverters,
} from './index.js';
export type * from './index.js';
