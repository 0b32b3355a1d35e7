// The vectors of Flagship, and where Burgee is different on purpose.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after } from 'node:test';

import { repository } from './paths.mjs';

const folder = join(repository, 'testdata', 'vectors', 'flagship');

export const vectors = (name) => JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8'));

const deviations = new Map(vectors('deviations').cases.map((entry) => [entry.case, entry.want]));

/**
 * What is expected of a case in place of what the vendor's SDK did. After the tests of a file every deviation whose name
 * begins with one of the prefixes must have been asked for, and must make a difference.
 */
export function deviationsOf(...prefixes) {
  const stale = new Set([...deviations.keys()].filter((name) => prefixes.some((prefix) => name.startsWith(prefix))));
  after(() => assert.deepEqual([...stale], [], 'deviations that no case has'));
  return (name, vendors) => {
    if (!deviations.has(name)) {
      return vendors;
    }
    stale.delete(name);
    assert.notDeepEqual(deviations.get(name), vendors, `the deviation ${name} is none`);
    return deviations.get(name);
  };
}

/** A file with one campaign for everybody, whose variation has these flags. */
export const oneCampaign = (value, { id = 'cmp_1' } = {}) => ({
  campaigns: [
    {
      id,
      name: 'Camp',
      slug: 'slug-1',
      type: 'ab',
      variationGroups: [
        {
          id: 'vg_1',
          name: 'VG',
          targeting: {
            targetingGroups: [{ targetings: [{ operator: 'EQUALS', key: 'fs_all_users', value: '' }] }],
          },
          variations: [
            { id: 'var_1', name: 'Var', reference: false, allocation: 100, modifications: { type: 'FLAG', value } },
          ],
        },
      ],
    },
  ],
});

/** The flags of a visitor as the vectors write them. */
export function shownFlags(visitor) {
  const flags = {};
  for (const { key, hex, ...metadata } of visitor.getFlags().toJSON()) {
    flags[key] = { value: valueOf(hex), ...metadata };
  }
  return flags;
}

/** The value of a serialised flag. */
export function valueOf(hex) {
  const text = hex.replace(/../g, (digits) => String.fromCharCode(parseInt(digits, 16)));
  return JSON.parse(text).v;
}

/** A copy in which times are as the vectors have them. */
export function withoutTimes(value) {
  return JSON.parse(JSON.stringify(value), (name, member) => {
    if (name === 'qt' || name === 'time' || name === 'createdAt') {
      assert.ok(Number.isInteger(member), `${name} is ${member}`);
      return `<${name}>`;
    }
    return name === 'key' && typeof member === 'string' ? member.replace(/:[0-9a-f-]{36}$/, ':<uuid>') : member;
  });
}
