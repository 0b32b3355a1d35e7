import { FeatureFlagError } from './errors';
import type { JsonValue } from './context';

/** Options whose value is somebody else's JSON, in which names are not ours to change. */
const verbatim = new Set(['bootstrap', 'document', 'initial_bucketing', 'restore']);

/** How the engine calls an option: updateInterval is update_interval, tlsConfig is tls_config. */
export function engineName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => '_' + letter.toLowerCase());
}

/**
 * Replaces the engine's names of options in a text, where there are other words for them. A name is looked for only where a
 * word begins, or else a text without an end, which anybody may have made, would take time that grows with its square.
 */
export function inWords(text: string, word: (name: string) => string | undefined): string {
  return text.replace(/(?<![a-z0-9])[a-z0-9]+(?:_[a-z0-9]+)+/g, (name) => word(name) ?? name);
}

/** Options in the engine's words, as JSON, and the way back for messages. */
export class EngineOptions {
  readonly json: string;
  private readonly given = new Map<string, string>();

  /** words are further names in which messages are to speak of options, by the engine's names. */
  constructor(options: object, words: Readonly<Record<string, string>> = {}) {
    if (typeof options !== 'object' || options === null || Array.isArray(options)) {
      throw new FeatureFlagError('INVALID_CONFIG', 'options: want an object');
    }
    let text: string;
    try {
      text = JSON.stringify(this.rename(options));
    } catch (error) {
      throw new FeatureFlagError(
        'INVALID_CONFIG',
        `options: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
    this.json = text;
    for (const [engine, name] of Object.entries(words)) {
      this.given.set(engine, name);
    }
  }

  private rename(value: object): Record<string, JsonValue> {
    const renamed = Object.create(null) as Record<string, JsonValue>;
    for (const [name, member] of Object.entries(value) as [string, unknown][]) {
      if (member === undefined) {
        continue;
      }
      const engine = engineName(name);
      if (engine in renamed) {
        throw new TypeError(`${name} is given twice`);
      }
      this.given.set(engine, name);
      renamed[engine] = this.value(engine, member);
    }
    return renamed;
  }

  private value(name: string, member: unknown): JsonValue {
    switch (typeof member) {
      case 'function':
      case 'symbol':
      case 'bigint':
        throw new TypeError(`${this.given.get(name) ?? name} is a ${typeof member}`);
      case 'number':
        if (!Number.isFinite(member)) {
          throw new TypeError(`${this.given.get(name) ?? name} is ${member}, want a number`);
        }
        return member;
      default:
        return typeof member === 'object' && member !== null && !Array.isArray(member) && !verbatim.has(name)
          ? this.rename(member)
          : (member as JsonValue);
    }
  }

  /** Puts an error of the engine into the words that the options were given in. */
  reword(error: unknown): unknown {
    if (!(error instanceof FeatureFlagError)) {
      return error;
    }
    return new FeatureFlagError(
      error.code,
      inWords(error.message, (name) => this.given.get(name)),
    );
  }
}
