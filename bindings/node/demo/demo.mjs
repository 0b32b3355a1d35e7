// Evaluates a few flags from Node: with Flipt's names, and with Burgee's own.
// Usage: node demo.mjs FILE, or node demo.mjs URL of a Flipt server.
import { open } from 'burgee';
import { FliptClient } from 'burgee/flipt';

const where = process.argv[2];
const place = where.includes('://') ? { url: where } : { file: where };

const flipt = await FliptClient.init(place);
const request = { entityId: 'entity', context: { fizz: 'buzz' } };
const variant = flipt.evaluateVariant({ flagKey: 'flag1', ...request });
console.log('  variant ', variant.variantKey, variant.reason, variant.segmentKeys);
const boolean = flipt.evaluateBoolean({ flagKey: 'flag_boolean', ...request });
console.log('  boolean ', boolean.enabled, boolean.reason);
const batch = flipt.evaluateBatch([
  { flagKey: 'flag1', ...request },
  { flagKey: 'no-such-flag', ...request },
]);
console.log('  batch   ', batch.responses.map((response) => response.type).join(', '));
flipt.close();

const client = await open({ backend: 'flipt', ...place });
const context = { targetingKey: 'entity', fizz: 'buzz' };
console.log('  unified ', client.string('flag1', 'fallback', context), client.boolean('flag_boolean', false, context));
console.log('  explain ', client.explain('flag1', context).text.trimEnd().replaceAll('\n', '\n           '));
await client.close();
