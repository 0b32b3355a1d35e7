/** Data that a client has before it hears from a server, or instead. */
import { messageOf, type DataSyncMessage } from './data';
import type { IDataSourceUpdates, IKeyedStoreItem } from './store';

export interface IBootstrapProvider {
  /** Hands the data over, at once or before the promise is resolved. */
  populate(dataSourceUpdates: IDataSourceUpdates, callback?: () => void): Promise<void>;
}

/** No data. */
export class NullBootstrapProvider implements IBootstrapProvider {
  populate(dataSourceUpdates: IDataSourceUpdates, callback?: () => void): Promise<void> {
    dataSourceUpdates.init({ flags: {}, segments: {} }, callback);
    return Promise.resolve();
  }
}

interface Parsed {
  readonly data?: { readonly featureFlags?: readonly object[]; readonly segments?: readonly object[] };
}

/** The answer of a FeatBit server to `GET /api/public/sdk/server/latest-all`. */
export class JsonBootstrapProvider implements IBootstrapProvider {
  /** @internal */
  readonly message: DataSyncMessage;

  /** Throws for what is not JSON, and for JSON without the member `data`. */
  constructor(jsonStr: string) {
    const data = (JSON.parse(jsonStr) as Parsed | null)?.data;
    if (typeof data !== 'object' || data === null) {
      throw new Error('Invalid JSON');
    }
    this.message = messageOf(data.featureFlags ?? [], data.segments ?? []);
  }

  populate(dataSourceUpdates: IDataSourceUpdates, callback?: () => void): Promise<void> {
    const { featureFlags, segments } = this.message.data;
    dataSourceUpdates.init({ flags: keyed(featureFlags, 'key'), segments: keyed(segments, 'id') }, callback);
    return Promise.resolve();
  }
}

function keyed(items: readonly object[], identity: 'key' | 'id'): Record<string, IKeyedStoreItem> {
  return Object.fromEntries(
    (items as readonly { key: string; id: string; updatedAt: string }[]).map((item) => {
      const key = item[identity];
      return [key, { ...item, key, version: Date.parse(item.updatedAt) || 0 }];
    }),
  );
}
