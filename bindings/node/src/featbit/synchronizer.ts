/** Data sources of a program's own: what they deliver goes to the engine as a whole. */
import type { Connection } from '../connection';
import type { DataSyncMessage } from './data';
import type { ILogger } from './logging';
import { messageOfStore, type IDataKind, type IDataSourceUpdates, type IStore } from './store';
import type { IKeyedStoreItem, IStoreDataStorage } from './store';

export interface IDataSynchronizer {
  start: () => void;
  stop: () => void;
  close: () => void;
}

/** What a factory may know of its client. */
export interface IClientContext {
  readonly logger: ILogger;
  readonly offline: boolean;
  readonly sdkKey: string;
  readonly streamingUri: string;
  readonly pollingUri: string;
  readonly eventsUri: string;
  readonly flushInterval: number;
  readonly maxEventsInQueue: number;
}

/** Makes a data source, which calls initSuccessHandler once its first data is there. */
export type DataSynchronizerFactory = (
  clientContext: IClientContext,
  store: IStore,
  dataSourceUpdates: IDataSourceUpdates,
  initSuccessHandler: () => void,
  errorHandler?: (e: Error) => void,
) => IDataSynchronizer;

/** Takes what a data source delivers. The engine gets everything anew each time: it holds the flags, not the store. */
export class EngineUpdates implements IDataSourceUpdates {
  private stamp = 0;

  constructor(
    private readonly connection: Connection,
    private readonly store: IStore,
  ) {}

  init(allData: IStoreDataStorage, callback?: () => void): void {
    this.store.init(allData, () => undefined);
    this.push(callback);
  }

  upsert(kind: IDataKind, data: IKeyedStoreItem, callback?: () => void): void {
    this.store.upsert(kind, data, () => undefined);
    this.push(callback);
  }

  private push(callback: (() => void) | undefined): void {
    const { messageType, data } = messageOfStore(this.store);
    const { eventType, featureFlags } = data;
    const document = {
      messageType,
      data: { eventType, featureFlags, segments: [...data.segments, this.newest(data)] },
    };
    this.connection.callNow('update', JSON.stringify({ document }));
    callback?.();
  }

  /** A segment that nobody asks for and that is newer than all before: the engine takes no document without news. */
  private newest({ featureFlags, segments }: DataSyncMessage['data']): object {
    this.stamp = Math.max(this.stamp + 1, Date.now());
    for (const item of [...featureFlags, ...segments] as { updatedAt?: string }[]) {
      this.stamp = Math.max(this.stamp, (Date.parse(item.updatedAt ?? '') || 0) + 1);
    }
    return { id: 'burgee', isArchived: true, updatedAt: new Date(this.stamp).toISOString() };
  }
}
