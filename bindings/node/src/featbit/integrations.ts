/** What makes flags in tests. */
import { randomUUID } from 'node:crypto';
import { format } from 'node:util';

import type { IFallthrough, IFlag, ISegment, ITargetRule, ITargetUser, IVariation } from './data';
import { LevelLogger } from './logging';
import { DataKinds, type IDataKind, type IDataSourceUpdates, type IKeyedStoreItem, type IStore } from './store';
import type { DataSynchronizerFactory, IDataSynchronizer } from './synchronizer';

/** Flags that a test defines, for any number of clients: `dataSynchronizer(testData.getFactory())`. */
export class TestData {
  private readonly flags = new Map<string, IFlag>();
  private readonly synchronizers = new Set<TestDataSynchronizer>();

  getFactory(): DataSynchronizerFactory {
    return (_context: unknown, _store: IStore, updates: IDataSourceUpdates, onReady: () => void) => {
      const synchronizer = new TestDataSynchronizer(updates, [...this.flags.values()], [], () =>
        this.synchronizers.delete(synchronizer),
      );
      synchronizer.onReady = onReady;
      this.synchronizers.add(synchronizer);
      return synchronizer;
    };
  }

  /** Adds a flag, or replaces the one with its key. Every client has it when the promise is resolved. */
  update(flag: IFlag): Promise<void> {
    const version = (this.flags.get(flag.key)?.version ?? 0) + 1;
    const next = { ...flag, version };
    this.flags.set(flag.key, next);
    for (const synchronizer of this.synchronizers) {
      synchronizer.upsert(DataKinds.Flags, next);
    }
    return Promise.resolve();
  }
}

export class TestDataSynchronizer implements IDataSynchronizer {
  /** @internal */
  onReady: () => void = () => undefined;

  constructor(
    private readonly updates: IDataSourceUpdates,
    private readonly flags: readonly IFlag[],
    private readonly segments: readonly ISegment[],
    private readonly onStop: () => void,
  ) {}

  start(): void {
    const flags = Object.fromEntries(this.flags.map((flag) => [flag.key, flag]));
    const segments = Object.fromEntries(this.segments.map((segment) => [segment.id, segment]));
    this.updates.init({ flags, segments }, this.onReady);
  }

  stop(): void {
    this.onStop();
  }

  close(): void {
    this.stop();
  }

  upsert(kind: IDataKind, value: IKeyedStoreItem): Promise<void> {
    return new Promise((resolve) => this.updates.upsert(kind, value, resolve));
  }
}

/** Builds a flag. Each method sets the member of its name. */
export class FlagBuilder {
  private readonly flag: Partial<IFlag> = {
    id: randomUUID(),
    variationType: '',
    variations: [],
    targetUsers: [],
    rules: [],
    isEnabled: true,
    disabledVariationId: '',
    exptIncludeAllTargets: true,
  };

  id(id: string): FlagBuilder {
    return this.set({ id });
  }

  key(key: string): FlagBuilder {
    return this.set({ key });
  }

  version(version: number): FlagBuilder {
    return this.set({ version });
  }

  variationType(variationType: string): FlagBuilder {
    return this.set({ variationType });
  }

  variations(variations: IVariation[]): FlagBuilder {
    return this.set({ variations });
  }

  targetUsers(targetUsers: ITargetUser[]): FlagBuilder {
    return this.set({ targetUsers });
  }

  rules(rules: ITargetRule[]): FlagBuilder {
    return this.set({ rules });
  }

  isEnabled(isEnabled: boolean): FlagBuilder {
    return this.set({ isEnabled });
  }

  disabledVariationId(disabledVariationId: string): FlagBuilder {
    return this.set({ disabledVariationId });
  }

  fallthrough(fallthrough: IFallthrough): FlagBuilder {
    return this.set({ fallthrough });
  }

  exptIncludeAllTargets(exptIncludeAllTargets: boolean): FlagBuilder {
    return this.set({ exptIncludeAllTargets });
  }

  build(): IFlag {
    return { ...this.flag, updatedAt: new Date().toISOString() } as IFlag;
  }

  private set(members: Partial<IFlag>): FlagBuilder {
    Object.assign(this.flag, members);
    return this;
  }
}

/** Keeps what a client says, as lines. */
export class TestLogger extends LevelLogger {
  logs: string[] = [];

  reset(): void {
    this.logs = [];
  }

  protected log(_level: string, args: unknown[]): void {
    this.logs.push(format(...args));
  }
}
