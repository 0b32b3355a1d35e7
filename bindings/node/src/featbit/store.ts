/** Flags and segments in memory, in the shape in which data sources of a program's own deliver them. */
import { messageOf, type DataSyncMessage } from './data';

/** Names a collection. */
export interface IDataKind {
  namespace: string;
}

export const DataKinds: { readonly Flags: IDataKind; readonly Segments: IDataKind } = Object.freeze({
  Flags: Object.freeze({ namespace: 'flags' }),
  Segments: Object.freeze({ namespace: 'segments' }),
});

export interface IStoreItem {
  version: number;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as FeatBit declares it
  [attribute: string]: any;
}

export interface IKeyedStoreItem extends IStoreItem {
  key: string;
}

export interface IStoreKindData {
  [key: string]: IStoreItem;
}

export interface IStoreDataStorage {
  [namespace: string]: IStoreKindData;
}

export interface IStore {
  get(kind: IDataKind, key: string): IStoreItem | null;
  all(kind: IDataKind): IStoreKindData;
  /** Replaces everything. */
  init(allData: IStoreDataStorage, callback: () => void): void;
  /** Adds an item, or replaces one that is older. */
  upsert(kind: IDataKind, data: IKeyedStoreItem, callback: () => void): void;
  initialized(): boolean;
  close(): void;
  getDescription?(): string;
  /** The highest version of an item. */
  version: number;
}

/** What a data source of a program's own hands its data to. */
export interface IDataSourceUpdates {
  /** Replaces everything. */
  init(allData: IStoreDataStorage, callback?: () => void): void;
  /** Adds an item, or replaces one that is older. */
  upsert(kind: IDataKind, data: IKeyedStoreItem, callback: () => void): void;
}

export class InMemoryStore implements IStore {
  version = 0;
  private collections: IStoreDataStorage = {};
  private filled = false;

  get(kind: IDataKind, key: string): IStoreItem | null {
    const items = this.collections[kind.namespace];
    return items !== undefined && Object.hasOwn(items, key) ? (items[key] as IStoreItem) : null;
  }

  all(kind: IDataKind): IStoreKindData {
    return { ...this.collections[kind.namespace] };
  }

  init(allData: IStoreDataStorage, callback?: () => void): void {
    this.filled = true;
    this.collections = {};
    this.version = 0;
    for (const [namespace, items] of Object.entries(allData)) {
      this.collections[namespace] = { ...items };
      for (const { version } of Object.values(items)) {
        this.version = Math.max(this.version, version || 0);
      }
    }
    callback?.();
  }

  upsert(kind: IDataKind, data: IKeyedStoreItem, callback?: () => void): void {
    const held = this.get(kind, data.key);
    if (held === null || held.version < data.version) {
      (this.collections[kind.namespace] ??= {})[data.key] = data;
      this.version = Math.max(this.version, data.version || 0);
    }
    callback?.();
  }

  initialized(): boolean {
    return this.filled;
  }

  close(): void {}

  getDescription(): string {
    return 'memory';
  }
}

/** What a store holds, as a message for the engine. */
export function messageOfStore(store: IStore): DataSyncMessage {
  return messageOf(Object.values(store.all(DataKinds.Flags)), Object.values(store.all(DataKinds.Segments)));
}
