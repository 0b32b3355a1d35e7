/** The flags of a visitor at one moment. */
import { FSFlag, FSFlagMetadata, type FlagOwner, type IFSFlag } from './flag';
import { textOf } from './input';
import { runtime } from './runtime';
import type { IFSFlagMetadata, SerializedFlagMetadata } from './types';

export interface IFSFlagCollection extends Iterable<[string, IFSFlag]> {
  readonly size: number;
  /** A flag that is not in the collection exists nowhere: it has the defaults only. */
  get(key: string): IFSFlag;
  has(key: string): boolean;
  keys(): Set<string>;
  [Symbol.iterator](): Iterator<[string, IFSFlag]>;
  filter(predicate: (value: IFSFlag, key: string, collection: IFSFlagCollection) => boolean): IFSFlagCollection;
  /** Tells the vendor that the visitor saw every flag of the collection. */
  exposeAll(): Promise<void>;
  getMetadata(): Map<string, IFSFlagMetadata>;
  /** The flags as `initialFlagsData` takes them. */
  toJSON(): SerializedFlagMetadata[];
  forEach(callbackfn: (value: IFSFlag, key: string, collection: IFSFlagCollection) => void): void;
}

/** A flag as flagship.visitor.flags answers it. */
export interface ListedFlag {
  readonly key: string;
  readonly metadata: IFSFlagMetadata;
  readonly hex: string;
}

interface Entry {
  readonly flag: IFSFlag;
  readonly listed: ListedFlag | undefined;
}

export class FSFlagCollection implements IFSFlagCollection {
  private readonly entries = new Map<string, Entry>();
  private readonly visitor: FlagOwner | undefined;

  constructor({ visitor, flags }: { visitor?: FlagOwner | undefined; flags?: Map<string, IFSFlag> } = {}) {
    this.visitor = visitor;
    flags?.forEach((flag, key) => this.entries.set(key, { flag, listed: undefined }));
  }

  /** @internal */
  static of(visitor: FlagOwner, listed: readonly ListedFlag[]): FSFlagCollection {
    const collection = new FSFlagCollection({ visitor });
    for (const each of listed) {
      collection.entries.set(each.key, { flag: new FSFlag({ key: each.key, visitor }), listed: each });
    }
    return collection;
  }

  get size(): number {
    return this.entries.size;
  }

  get(key: string): IFSFlag {
    const entry = this.entries.get(key);
    if (entry === undefined) {
      runtime.logs.warning('getFlags', `there is no flag ${textOf(key)} in the collection`);
      return new FSFlag({ key });
    }
    return entry.flag;
  }

  has(key: string): boolean {
    return this.entries.has(key);
  }

  keys(): Set<string> {
    return new Set(this.entries.keys());
  }

  *[Symbol.iterator](): IterableIterator<[string, IFSFlag]> {
    for (const [key, { flag }] of this.entries) {
      yield [key, flag];
    }
  }

  filter(predicate: (value: IFSFlag, key: string, collection: IFSFlagCollection) => boolean): IFSFlagCollection {
    const filtered = new FSFlagCollection({ visitor: this.visitor });
    for (const [key, entry] of this.entries) {
      if (predicate(entry.flag, key, this)) {
        filtered.entries.set(key, entry);
      }
    }
    return filtered;
  }

  async exposeAll(): Promise<void> {
    for (const { flag } of this.entries.values()) {
      if (flag instanceof FSFlag) {
        flag.expose();
      } else {
        await flag.visitorExposed();
      }
    }
  }

  getMetadata(): Map<string, IFSFlagMetadata> {
    const all = new Map<string, IFSFlagMetadata>();
    for (const [key, { flag, listed }] of this.entries) {
      all.set(key, listed === undefined ? flag.metadata : new FSFlagMetadata(listed.metadata));
    }
    return all;
  }

  toJSON(): SerializedFlagMetadata[] {
    const serialized: SerializedFlagMetadata[] = [];
    for (const { listed } of this.entries.values()) {
      if (listed !== undefined) {
        serialized.push({ key: listed.key, ...listed.metadata, hex: listed.hex });
      }
    }
    return serialized;
  }

  forEach(callbackfn: (value: IFSFlag, key: string, collection: IFSFlagCollection) => void): void {
    for (const [key, { flag }] of this.entries) {
      callbackfn(flag, key, this);
    }
  }
}
