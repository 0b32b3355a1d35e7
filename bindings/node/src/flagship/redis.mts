// The package has its state once, in the CommonJS modules; this one only gives them ESM's names.
export { RedisHitCache, RedisVisitorCache } from './redis.js';
export type * from './redis.js';
