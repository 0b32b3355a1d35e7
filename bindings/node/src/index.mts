// The package has its state once, in the CommonJS modules; this one only gives them ESM's names.
export { open, Client, FeatureFlagError, engineVersion } from './index.js';
export type * from './index.js';
