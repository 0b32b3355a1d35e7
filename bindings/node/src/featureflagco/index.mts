// The package has its state once, in the CommonJS modules; this one only gives them ESM's names.
export {
  AllFlagStates,
  BasicLogger,
  ClientError,
  FfcClientBuilder,
  JsonBootstrapProvider,
  SafeLogger,
  UserBuilder,
} from './index.js';
export type * from './index.js';
