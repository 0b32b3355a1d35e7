// Data of FeatBit, and its vectors.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { repository } from './paths.mjs';

export const featbitVectors = join(repository, 'testdata', 'vectors', 'featbit');
export const ffcVectors = join(repository, 'testdata', 'vectors', 'ffc');

/** Reads JSON in which the digits of numbers matter: each number becomes { $digits: "30.0" }. */
export function withDigits(text) {
  const marked = text.replace(/"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g, (token) =>
    token.startsWith('"') ? token : `{"$digits":"${token}"}`,
  );
  return JSON.parse(marked);
}

/** The files of a folder of vectors, and the same with the digits of numbers. */
export function vectorFiles(folder) {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => {
      const text = readFileSync(join(folder, name), 'utf8');
      return { name, plain: JSON.parse(text), exact: withDigits(text) };
    });
}

/** The text that Python makes of an attribute; undefined for what is none. */
export function pythonText(value) {
  switch (typeof value) {
    case 'string':
      return value;
    case 'boolean':
      return value ? 'True' : 'False';
    default:
      return value?.$digits;
  }
}

/** The custom attributes of a user of the vectors, as properties. */
export function propertiesOf(user, builtIns) {
  return Object.entries(user)
    .filter(([name]) => !builtIns.includes(name))
    .map(([name, value]) => ({ name, value: pythonText(value) }))
    .filter(({ value }) => value !== undefined);
}

export const all = (id) => [{ id, rollout: [0, 1], exptRollout: 1 }];

/** A boolean flag that is true where `property` is `value`, and false elsewhere. */
export function featbitFlag(
  key,
  { property = 'plan', value = 'pro', updatedAt = '2024-01-01T00:00:00.000Z', ...rest } = {},
) {
  return {
    id: `id-${key}`,
    key,
    name: key.toUpperCase(),
    variationType: 'boolean',
    variations: [
      { id: 'yes', value: 'true' },
      { id: 'no', value: 'false' },
    ],
    targetUsers: [],
    rules: [
      {
        id: `rule-${key}`,
        name: `${value} only`,
        dispatchKey: null,
        includedInExpt: true,
        conditions: [{ property, op: 'Equal', value }],
        variations: all('yes'),
      },
    ],
    isEnabled: true,
    disabledVariationId: 'no',
    fallthrough: { dispatchKey: null, includedInExpt: false, variations: all('no') },
    exptIncludeAllTargets: false,
    isArchived: false,
    updatedAt,
    ...rest,
  };
}

/** A flag that serves one text to everybody. */
export function textFlag(key, text, { type = 'string', ...rest } = {}) {
  return featbitFlag(key, {
    variationType: type,
    variations: [{ id: 'only', value: text }],
    rules: [],
    disabledVariationId: 'only',
    fallthrough: { dispatchKey: null, includedInExpt: false, variations: all('only') },
    ...rest,
  });
}

export function messageOf(flags, { segments = [], eventType = 'full' } = {}) {
  return { messageType: 'data-sync', data: { eventType, featureFlags: flags, segments } };
}

/** One flag of each kind. */
export const sampleMessage = messageOf([
  featbitFlag('checkout'),
  textFlag('banner', 'hello'),
  textFlag('limit', '12.5', { type: 'number' }),
  textFlag('layout', '{"columns":3,"names":["a","b"]}', { type: 'json' }),
  featbitFlag('off', { isEnabled: false }),
]);

/** A logger that keeps what it is told, as [level, text]. */
export function keepingLogger() {
  const records = [];
  const write =
    (level) =>
    (...args) =>
      records.push([level, args.join(' ')]);
  return { records, error: write('error'), warn: write('warn'), info: write('info'), debug: write('debug') };
}

/** What burgee-local-server has for a secret unless it is told. */
export const featbitSecret = 'burgee-local-secret-00local-environment-0000';
export const ffcSecret = 'YnVyZ2VlX180MV9fNTJfXzYzX19sb2NhbA==';

/** Resolves once check resolves to something that is true. */
export async function until(check) {
  for (;;) {
    const result = await check();
    if (result) {
      return result;
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Uses a client and then closes it. */
export async function using(client, use) {
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}
