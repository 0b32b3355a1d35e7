// Compiles only if the declarations of the package are right, for CommonJS.
import burgee = require('burgee');
import featbit = require('burgee/featbit');
import featureflagco = require('burgee/featureflagco');
import flagship = require('burgee/flagship');
import redis = require('burgee/flagship/redis');
import flipt = require('burgee/flipt');

export async function run(): Promise<string> {
  const client = await burgee.open({ document: {} });
  const old: flipt.FliptEvaluationClient = await flipt.FliptEvaluationClient.init('default', {
    url: 'http://localhost:8080',
  });
  const { variantKey } = old.evaluateVariant('flag', 'entity', { plan: 'pro' });
  await old.close();
  const fb: featbit.IFbClient = new featbit.FbClientBuilder().offline(true).build();
  const ffc: featureflagco.IFfcClient = new featureflagco.FfcClientBuilder().offline(true).build();
  await Promise.all([fb.close(), ffc.close()]);
  const started: flagship.Flagship = await flagship.default.start('env', 'key', { decisionMode: 'BUCKETING_EDGE' });
  const visitor: flagship.Visitor = started.newVisitor({ hasConsented: true });
  const cache: flagship.IHitCacheImplementation = new redis.RedisHitCache();
  void [visitor, cache];
  await client.close();
  return variantKey;
}
