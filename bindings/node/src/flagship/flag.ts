/** One flag of a visitor. */
import { Kind } from '../context';
import { Exposure, FSFlagStatus, flagStatuses, LogLevel } from './enums';
import { isList, textOf } from './input';
import { refusalOfExposure } from './refusals';
import { runtime } from './runtime';
import type { FlagValue } from '../visitors';
import type { IFSFlagMetadata } from './types';

export interface IFSFlag {
  /**
   * The value, if the visitor has the flag and defaultValue is of its type (or null or undefined); otherwise defaultValue.
   * With visitorExposed, the default, the vendor hears that the visitor saw the flag.
   */
  getValue<T>(defaultValue: T, visitorExposed?: boolean): T extends null ? unknown : T;
  exists(): boolean;
  /** Tells the vendor that the visitor saw the flag, after a getValue of this object that did not. */
  visitorExposed(): Promise<void>;
  readonly metadata: IFSFlagMetadata;
  readonly status: FSFlagStatus;
}

export class FSFlagMetadata implements IFSFlagMetadata {
  declare campaignId: string;
  declare campaignName: string;
  declare variationGroupId: string;
  declare variationGroupName: string;
  declare variationId: string;
  declare variationName: string;
  declare isReference: boolean;
  declare campaignType: string;
  declare slug?: string | null;

  constructor(metadata: IFSFlagMetadata) {
    Object.assign(this, metadata);
  }

  /** That of a flag that does not exist. */
  static Empty(): IFSFlagMetadata {
    return new FSFlagMetadata({
      campaignId: '',
      campaignName: '',
      variationGroupId: '',
      variationGroupName: '',
      variationId: '',
      variationName: '',
      isReference: false,
      campaignType: '',
      slug: null,
    });
  }
}

const notStarted = 1; // BURGEE_PROVIDER_NOT_READY

/** Whose flags these are. handle is the engine's name for the visitor. */
export interface FlagOwner {
  readonly handle: number;
  readonly visitorId: string;
}

export class FSFlag implements IFSFlag {
  private readonly key: string;
  private readonly visitor: FlagOwner | undefined;
  private asked = false;
  private defaultValue: unknown;

  constructor({ key, visitor }: { key: string; visitor?: FlagOwner | undefined }) {
    this.key = textOf(key);
    this.visitor = visitor;
  }

  getValue<T>(defaultValue: T, visitorExposed = true): T extends null ? unknown : T {
    this.asked = true;
    this.defaultValue = defaultValue;
    const { visitor, key } = this;
    const { engine } = runtime;
    if (visitor !== undefined) {
      const code = engine.read(visitor.handle, key, defaultValue, visitorExposed);
      if (code === 0) {
        const exposure = engine.last.exposure();
        const found = engine.last.value();
        if (exposure > Exposure.Queued && exposure !== Exposure.Duplicate) {
          this.refused('getValue', exposure);
        }
        if (found.kind === Kind.Null) {
          return defaultValue as never;
        }
        if (fits(defaultValue, found)) {
          return (found.kind === Kind.Json ? parsed(found) : found.value) as never;
        }
        runtime.logs.warning('getValue', `${this.name} has another type than the default, which is used`);
        return defaultValue as never;
      }
      this.missing('getValue', code, 'the default is used');
    }
    return defaultValue as never;
  }

  exists(): boolean {
    const { status } = this;
    return status === FSFlagStatus.FETCHED || status === FSFlagStatus.FETCH_REQUIRED;
  }

  get status(): FSFlagStatus {
    if (this.visitor === undefined) {
      return FSFlagStatus.NOT_FOUND;
    }
    runtime.engine.read(this.visitor.handle, this.key, null, false);
    return flagStatuses[runtime.engine.last.status()] ?? FSFlagStatus.NOT_FOUND;
  }

  get metadata(): IFSFlagMetadata {
    if (this.visitor === undefined) {
      return FSFlagMetadata.Empty();
    }
    const code = runtime.engine.read(this.visitor.handle, this.key, null, false);
    if (code !== 0) {
      this.missing('metadata', code, 'there is no metadata');
      return FSFlagMetadata.Empty();
    }
    const found = runtime.engine.last.value();
    // Without an id nothing is kept with the value, and it is asked for each time.
    const metadata = (found.vendor ??= this.readMetadata()) as IFSFlagMetadata | undefined;
    return metadata === undefined ? FSFlagMetadata.Empty() : new FSFlagMetadata(metadata);
  }

  private readMetadata(): IFSFlagMetadata | undefined {
    const params = { visitor: this.visitor?.handle, key: this.key };
    return runtime.engine.ask<{ metadata: IFSFlagMetadata }>('visitor.flag', params)?.metadata;
  }

  visitorExposed(): Promise<void> {
    if (!this.asked) {
      runtime.logs.warning('visitorExposed', `${this.name} is not reported as seen: getValue comes first`);
      return Promise.resolve();
    }
    this.expose();
    return Promise.resolve();
  }

  /**
   * Tells the vendor that the visitor saw the flag, with the default of the last getValue.
   * @internal
   */
  expose(): void {
    const { visitor, key, defaultValue } = this;
    if (visitor === undefined) {
      return;
    }
    const { engine } = runtime;
    const code = engine.read(visitor.handle, key, null, false);
    if (code !== 0) {
      return this.missing('visitorExposed', code, 'nothing is reported');
    }
    const found = engine.last.value();
    if (found.kind !== Kind.Null && !fits(defaultValue, found)) {
      runtime.logs.warning('visitorExposed', `${this.name} has another type than the default: nothing is reported`);
      return;
    }
    engine.read(visitor.handle, key, defaultValue, true);
    const exposure = engine.last.exposure();
    if (exposure !== Exposure.Queued) {
      this.refused('visitorExposed', exposure);
    }
  }

  private get name(): string {
    return `flag ${this.key} of visitor ${this.visitor?.visitorId ?? ''}`;
  }

  private missing(tag: string, code: number, consequence: string): void {
    const { engine, logs } = runtime;
    const panics = flagStatuses[engine.last.status()] === FSFlagStatus.PANIC;
    const why = code === notStarted ? 'the SDK is not started' : panics ? 'the SDK is in panic mode' : 'it is unknown';
    const level = code === notStarted || panics ? LogLevel.ERROR : LogLevel.WARNING;
    if (logs.shows(level)) {
      logs.log(level, tag, `${this.name}: ${why}; ${consequence}`);
    }
  }

  private refused(tag: string, exposure: number): void {
    if (exposure === Exposure.Dropped && runtime.config.disableEvents) {
      return;
    }
    const { level, why } = refusalOfExposure(exposure);
    if (runtime.logs.shows(level)) {
      runtime.logs.log(level, tag, `${this.name} is not reported as seen: ${why}`);
    }
  }
}

/** Whether a value may stand in for a default: both are of one type, where arrays are not objects. */
function fits(defaultValue: unknown, { kind, value, text }: FlagValue): boolean {
  if (defaultValue === null || defaultValue === undefined) {
    return true;
  }
  if (kind === Kind.Json) {
    return typeof defaultValue === 'object' && isList(defaultValue) === text.startsWith('[');
  }
  return typeof defaultValue === typeof value;
}

/** A new object each time, because it is the program's to change. */
function parsed({ text }: FlagValue): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
