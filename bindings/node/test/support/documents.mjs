// Flag documents in the form in which a Flipt server answers them.
const constraint = (property, value) => ({
  type: 'STRING_CONSTRAINT_COMPARISON_TYPE',
  property,
  operator: 'eq',
  value,
});

export const segment = (key, ...constraints) => ({ key, name: '', matchType: 'ALL_SEGMENT_MATCH_TYPE', constraints });

/** A variant flag that gives `variantKey` where `property` is `value`, and `defaultKey`, if given, elsewhere. */
export function variantFlag(key, property, value, { variantKey = 'hit', attachment, defaultKey } = {}) {
  return {
    key,
    name: '',
    description: '',
    enabled: true,
    type: 'VARIANT_FLAG_TYPE',
    rules: [
      {
        id: `rule-${key}`,
        rank: 1,
        segmentOperator: 'OR_SEGMENT_OPERATOR',
        segments: [segment(`segment-${key}`, constraint(property, value))],
        distributions: [
          { variantKey, rollout: 100, ...(attachment === undefined ? {} : { variantAttachment: attachment }) },
        ],
      },
    ],
    rollouts: [],
    ...(defaultKey === undefined ? {} : { defaultVariant: { id: `default-${key}`, key: defaultKey } }),
  };
}

export function booleanFlag(key, enabled, rollouts = []) {
  return { key, name: '', description: '', enabled, type: 'BOOLEAN_FLAG_TYPE', rules: [], rollouts };
}

export function documentOf(...flags) {
  return { namespace: { key: 'default' }, flags };
}

/** One flag of each kind. */
export const sample = documentOf(
  variantFlag('theme', 'plan', 'pro', {
    variantKey: 'amber',
    attachment: '{"hex":"#FFBF00","list":[1,2]}',
    defaultKey: 'plain',
  }),
  variantFlag('limit', 'plan', 'pro', { variantKey: '12.5' }),
  booleanFlag('dark', true),
  booleanFlag('off', false),
);
