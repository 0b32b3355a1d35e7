// Decides Flagship environments with one package, for `make differential`, which compares what two packages decide:
//   node test/differential_flagship.mjs @flagship.io/js-sdk|burgee/flagship
// Each line of stdin is {document, visitors: [{id, context, history}], full}; each line of stdout has one text for each
// visitor: a digest of everything that a program can see of the visitor, or, with full, all of it.
import { createHash } from 'node:crypto';
import { createInterface } from 'node:readline';

const [name] = process.argv.slice(2);
const { Flagship, DecisionMode, LogLevel } = await import(name);

/** A visitor cache that knows what is in records and remembers what is written. */
class Cache {
  written = new Map();

  constructor(visitors) {
    this.histories = new Map(visitors.filter((v) => v.history).map((v) => [v.id, v.history]));
  }

  lookupVisitor(visitorId) {
    const assignmentsHistory = this.histories.get(visitorId);
    return assignmentsHistory && { version: 1, data: { visitorId, consent: true, assignmentsHistory } };
  }

  cacheVisitor(visitorId, record) {
    this.written.set(visitorId, record);
  }

  flushVisitor() {}
}

/** Keeps what JSON loses. */
function exactly(_, value) {
  return value === undefined ? '\0undefined' : Object.is(value, -0) ? '\0-0' : value;
}

/** Everything about a flag, with a value for any default. */
function seen(key, flag) {
  return [key, flag.getValue(undefined, false), flag.exists(), flag.status, { ...flag.metadata }];
}

async function decide(cache, { id, context, history }) {
  const visitor = Flagship.newVisitor({ visitorId: id, context, hasConsented: history !== undefined });
  const failures = [];
  visitor.on('ready', (error) => failures.push(error !== undefined && error !== null));
  await visitor.fetchFlags();
  const flags = [...visitor.getFlags()].map(([key, flag]) => seen(key, flag));
  return JSON.stringify({ flags, failures, ...remembered(cache.written.get(id)) }, exactly);
}

/** What is read back of a record, with what stands in for members that the vendor leaves undefined. */
function remembered(record) {
  const history = Object.entries(record?.data.assignmentsHistory ?? {}).sort();
  const campaigns = record?.data.campaigns.map((c) => [
    [c.campaignId, c.slug, c.variationGroupId, c.variationId, c.activated],
    [c.isReference ?? false, c.type ?? '', c.flags ?? {}],
  ]);
  return { consent: record?.data.consent, history, campaigns };
}

async function answer({ document, visitors, full }) {
  const cache = new Cache(visitors);
  await Flagship.start('env', 'key', {
    decisionMode: DecisionMode.BUCKETING_EDGE,
    initialBucketing: name === 'burgee/flagship' ? document : JSON.parse(document), // as a text numbers are as written
    visitorCacheImplementation: cache,
    disableDeveloperUsageTracking: true,
    fetchNow: false,
    logLevel: LogLevel.NONE,
  });
  const answers = [];
  for (const each of visitors) {
    const decided = await decide(cache, each);
    answers.push(full ? decided : createHash('md5').update(decided).digest('base64'));
  }
  delete globalThis.__flagship_instance__; // with the hits that the vendor's SDK would keep for ever
  return answers;
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await answer(JSON.parse(line))));
}
process.exit(0); // the vendor's SDK may have timers
