// Compiles only if the declarations of burgee/flagship are right, for ESM. The interfaces are those of the vendor's reference.
import type { EventEmitter } from 'node:events';

import { Redis } from 'ioredis';
import Flagship, {
  CacheStrategy,
  DecisionApiConfig,
  DecisionMode,
  DEVICE_LOCALE,
  EventCategory,
  Flagship as Named,
  FSFetchReasons,
  FSFetchStatus,
  FSFlagStatus,
  FSSdkStatus,
  HitType,
  LogLevel,
  type BucketingDTO,
  type CampaignDTO,
  type FetchFlagsStatus,
  type FlagDTO,
  type HitCacheDTO,
  type IEvent,
  type IExposedFlag,
  type IExposedVisitor,
  type IFlagshipConfig,
  type IFlagshipLogManager,
  type IFSFlag,
  type IFSFlagCollection,
  type IFSFlagMetadata,
  type IHit,
  type IHitCacheImplementation,
  type IItem,
  type IPage,
  type IScreen,
  type ITransaction,
  type IVisitorCacheImplementation,
  type ModificationsDTO,
  type NewVisitor,
  type OnVisitorExposed,
  type primitive,
  type SerializedFlagMetadata,
  type ThirdPartySegment,
  type VariationDTO,
  type Visitor,
  type VisitorCacheDTO,
} from 'burgee/flagship';
import { RedisHitCache, RedisVisitorCache } from 'burgee/flagship/redis';

const logManager: IFlagshipLogManager = {
  emergency: (message: string, tag: string) => void [message, tag],
  alert: () => undefined,
  critical: () => undefined,
  error: () => undefined,
  warning: () => undefined,
  notice: () => undefined,
  info: () => undefined,
  debug: () => undefined,
  log: (level: LogLevel) => void LogLevel[level],
};

const visitors: IVisitorCacheImplementation = {
  cacheVisitor: (visitorId: string, data: VisitorCacheDTO): Promise<void> => Promise.resolve(void [visitorId, data]),
  lookupVisitor: (visitorId: string): Promise<VisitorCacheDTO> =>
    Promise.resolve({ version: 1, data: { visitorId, anonymousId: null } }),
  flushVisitor: () => undefined,
};

const hits: IHitCacheImplementation = {
  async cacheHit(given: Record<string, HitCacheDTO>) {
    void given;
  },
  async lookupHits(): Promise<Record<string, HitCacheDTO>> {
    return {};
  },
  async flushHits(keys: string[]) {
    void keys;
  },
  async flushAllHits() {},
};

const config: IFlagshipConfig = {
  decisionMode: DecisionMode.BUCKETING,
  fetchNow: true,
  timeout: 2,
  logLevel: LogLevel.ALL,
  logManager,
  onLog: (level: LogLevel, tag: string, message: string) => void [level, tag, message],
  pollingInterval: 5,
  trackingManagerConfig: { cacheStrategy: CacheStrategy.PERIODIC_CACHING, poolMaxSize: 10, batchIntervals: 100 },
  visitorCacheImplementation: visitors,
  hitCacheImplementation: hits,
  onSdkStatusChanged: (status: FSSdkStatus) => void FSSdkStatus[status],
  onBucketingSuccess: ({ status, payload }: { status: number; payload?: BucketingDTO }) => void [status, payload],
  onBucketingFail: (error: Error) => void error.message,
  onBucketingUpdated: (lastUpdate: Date) => void lastUpdate.getTime(),
  onVisitorExposed: ({ exposedVisitor, fromFlag }: OnVisitorExposed) => {
    const visitor: IExposedVisitor = exposedVisitor;
    const flag: IExposedFlag = fromFlag;
    void [visitor, flag];
  },
  initialBucketing: { campaigns: [] },
  nextFetchConfig: { revalidate: 20 },
  reuseVisitorIds: true,
  disableDeveloperUsageTracking: true,
  cdnUrl: 'https://cdn',
  eventsUrl: 'https://events',
  segmentsUrl: 'https://segments',
  spoolPath: '/tmp/spool',
};

export async function use(): Promise<void> {
  const synchronous: Flagship = Flagship.start('env', 'key', config);
  const promise: Promise<Flagship> = Named.start('env', 'key', { decisionMode: 'BUCKETING' });
  const flagship: Flagship = await Flagship.start('env', 'key', new DecisionApiConfig({ timeout: 1 }));
  const status: FSSdkStatus = flagship.getStatus();
  const params: NewVisitor = {
    visitorId: 'v',
    hasConsented: true,
    isAuthenticated: false,
    context: { age: 31, vip: true, [DEVICE_LOCALE]: 'fr' },
    shouldSaveInstance: true,
    onFetchFlagsStatusChanged: ({ status: now, reason }: FetchFlagsStatus) =>
      void (now === FSFetchStatus.FETCHED && reason === FSFetchReasons.NONE),
  };
  const visitor: Visitor = flagship.newVisitor(params);
  const emitter: EventEmitter = visitor.on('ready', (error?: Error) => void error);
  const saved: Visitor | undefined = Flagship.getVisitor();
  const context: Record<string, primitive> = visitor.context;
  const anonymous: string | null = visitor.anonymousId;
  visitor.updateContext({ plan: 'pro' });
  visitor.updateContext('plan', 'pro');
  visitor.clearContext();
  visitor.setConsent(false);
  visitor.authenticate('account');
  visitor.unauthenticate();
  await visitor.fetchFlags();

  const flag: IFSFlag = visitor.getFlag('f');
  const on: boolean = flag.getValue(false);
  const text: string = flag.getValue('default', false);
  const size: number = flag.getValue(1);
  const layout: { columns: number } = flag.getValue({ columns: 1 });
  const anything: unknown = flag.getValue(null);
  const metadata: IFSFlagMetadata = flag.metadata;
  const isNew: boolean = flag.status === FSFlagStatus.FETCHED && flag.exists();
  await flag.visitorExposed();

  const flags: IFSFlagCollection = visitor.getFlags();
  const all: Map<string, IFSFlagMetadata> = flags.getMetadata();
  const serialized: SerializedFlagMetadata[] = flags.filter((each, key) => each.exists() && key !== 'x').toJSON();
  for (const [key, each] of flags) {
    void [key, each.getValue(0)];
  }
  const keys: Set<string> = flags.keys();
  await flags.exposeAll();

  const page: IPage = { type: HitType.PAGE, documentLocation: 'https://a.b', userIp: '127.0.0.1', sessionNumber: '1' };
  const screen: IScreen = { type: 'SCREENVIEW', documentLocation: 'home' };
  const event: IEvent = { type: HitType.EVENT, category: EventCategory.USER_ENGAGEMENT, action: 'click', value: 1 };
  const item: IItem = { type: HitType.ITEM, transactionId: '#1', productName: 'p', productSku: 's' };
  const transaction: ITransaction = {
    type: HitType.TRANSACTION,
    transactionId: '#1',
    affiliation: 'a',
    totalRevenue: '9',
  };
  const list: IHit[] = [page, screen, event, item, transaction];
  await visitor.sendHit(page);
  await visitor.sendHits(list);

  const modifications: ModificationsDTO = { type: 'FLAG', value: { f: 1 } };
  const variation: VariationDTO = { id: 'v', modifications };
  const campaign: CampaignDTO = { id: 'c', variationGroupId: 'g', variation };
  flagship.newVisitor({ hasConsented: true, initialCampaigns: [campaign], initialFlagsData: serialized });
  const dto: FlagDTO | undefined = undefined;
  const segment: ThirdPartySegment | undefined = undefined;
  await Flagship.close();

  const redis = new Redis();
  Flagship.start('env', 'key', {
    hitCacheImplementation: new RedisHitCache({ redis, ttl: 3600, owner: 'pod-1' }),
    visitorCacheImplementation: new RedisVisitorCache({ redis: 'redis://localhost', prefix: 'mine:' }),
  });
  void [
    synchronous,
    promise,
    status,
    emitter,
    saved,
    context,
    anonymous,
    on,
    text,
    size,
    layout,
    anything,
    metadata,
    isNew,
  ];
  void [all, keys, dto, segment];
}

export function refused(visitor: Visitor): void {
  // @ts-expect-error there is no such mode
  Flagship.start('env', 'key', { decisionMode: 'SOMEHOW' });
  // @ts-expect-error a screen has a name
  void visitor.sendHit({ type: HitType.SCREEN });
  // @ts-expect-error a context has no lists
  visitor.updateContext({ list: [1] });
  // @ts-expect-error there is one SDK, which nobody makes
  new Flagship();
  // @ts-expect-error a text is no number
  const size: number = visitor.getFlag('f').getValue('1');
  void size;
}
