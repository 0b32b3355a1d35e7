// The package has its state once, in the CommonJS modules; this one only gives them ESM's names.
export { BaseFliptClient, FliptClient, FliptEvaluationClient, ClientOptionsFactory, ErrorStrategy } from './index.js';
export type * from './index.js';
