/** Flags and segments as FeatBit's data has them, for programs that make their own. */
export interface IVariation {
  id: string;
  value: string;
}

export interface ITargetUser {
  keyIds: string[];
  variationId: string;
}

export interface ICondition {
  property: string;
  op: string;
  value: string;
}

export interface IRolloutVariation {
  id: string;
  rollout: [number, number];
  exptRollout: number;
}

export interface IMatchRule {
  id: string;
  name: string;
  conditions: ICondition[];
}

export interface ITargetRule extends IMatchRule {
  dispatchKey: string;
  variations: IRolloutVariation[];
  includedInExpt?: boolean;
}

export interface IFallthrough {
  dispatchKey: string;
  includedInExpt: boolean;
  variations: IRolloutVariation[];
}

export interface IFlag {
  id: string;
  key: string;
  /** "boolean", "string", "number" or "json". */
  variationType: string;
  variations: IVariation[];
  targetUsers: ITargetUser[];
  rules: ITargetRule[];
  isEnabled: boolean;
  disabledVariationId: string;
  fallthrough: IFallthrough;
  exptIncludeAllTargets: boolean;
  version: number;
  updatedAt: string;
}

export interface ISegment {
  id: string;
  version: number;
  included: string[];
  excluded: string[];
  rules: IMatchRule[];
  updatedAt: string;
}

/** The message with which a FeatBit server answers, and which it calls "data-sync". */
export interface DataSyncMessage {
  readonly messageType: 'data-sync';
  readonly data: {
    readonly eventType: 'full';
    readonly featureFlags: readonly object[];
    readonly segments: readonly object[];
  };
}

/** A message that replaces everything. Members without which the engine refuses an item get values that say nothing. */
export function messageOf(flags: Iterable<object>, segments: Iterable<object>): DataSyncMessage {
  return {
    messageType: 'data-sync',
    data: {
      eventType: 'full',
      featureFlags: Array.from(flags, (flag) => ({
        id: (flag as Partial<IFlag>).key,
        variations: [],
        updatedAt: '',
        isArchived: false,
        ...flag,
      })),
      segments: Array.from(segments, (segment) => ({ updatedAt: '', isArchived: false, ...segment })),
    },
  };
}
