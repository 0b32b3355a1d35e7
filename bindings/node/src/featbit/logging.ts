/** Where a client writes what it has to say, in FeatBit's shapes. */
import { format } from 'node:util';

import type { LogRecord } from '../connection';

/** The levels, least important first. */
export type ILogLevel = 'debug' | 'info' | 'warn' | 'error' | 'none';

const weights: Readonly<Record<ILogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3, none: 4 };

export const logLevels = Object.keys(weights) as readonly ILogLevel[];

/** Receives a text, or a format in the style of `util.format` and its arguments. Winston's loggers fit. */
export interface ILogger {
  /* eslint-disable @typescript-eslint/no-explicit-any -- as FeatBit declares it */
  error(...args: any[]): void;
  warn(...args: any[]): void;
  info(...args: any[]): void;
  debug(...args: any[]): void;
}

export interface IBasicLoggerOptions {
  /** The least important level that is written; default "info". */
  level?: ILogLevel;
  /** Stands before each line; default "FeatBit". */
  name?: string;
  /** Receives each line, without a line feed; default `console.error`. */
  destination?: (line: string) => void;
  /** Makes a text of the arguments; default `util.format`. */
  formatter?: (...args: any[]) => string;
}

/** A logger that does the same at each level. */
export abstract class LevelLogger implements ILogger {
  error(...args: any[]): void {
    this.log('error', args);
  }

  warn(...args: any[]): void {
    this.log('warn', args);
  }

  info(...args: any[]): void {
    this.log('info', args);
  }

  debug(...args: any[]): void {
    this.log('debug', args);
  }

  protected abstract log(level: LogRecord['level'], args: unknown[]): void;
}

/** Writes lines such as "info: [FeatBit] text". An error of the destination or the formatter goes nowhere. */
export class BasicLogger extends LevelLogger {
  private readonly weight: number;
  private readonly name: string;
  private readonly write: (line: string) => void;
  private readonly format: (...args: unknown[]) => string;

  /** A logger with the default options. */
  static get(): BasicLogger {
    return new BasicLogger({});
  }

  constructor({ level, name, destination, formatter }: IBasicLoggerOptions) {
    super();
    if (destination !== undefined && typeof destination !== 'function') {
      throw new TypeError('destination of a BasicLogger is not a function');
    }
    this.weight = weights[level as ILogLevel] ?? weights.info;
    this.name = name ?? 'FeatBit';
    this.write = destination ?? ((line) => console.error(line));
    this.format = formatter ?? format;
  }

  protected log(level: LogRecord['level'], args: unknown[]): void {
    if (weights[level] < this.weight) {
      return;
    }
    try {
      this.write(`${level}: [${this.name}] ${this.format(...args)}`);
    } catch {
      // A client goes on working when nobody can read what it says.
    }
  }
}

/** Passes everything on to a logger of the program, and to another one when that throws. */
export class SafeLogger extends LevelLogger {
  constructor(
    private readonly logger: ILogger,
    private readonly fallback: ILogger,
  ) {
    super();
    for (const level of ['error', 'warn', 'info', 'debug'] as const) {
      if (typeof (logger as Partial<ILogger> | null | undefined)?.[level] !== 'function') {
        throw new Error(`Provided logger instance must support logger.${level}(...) method`);
      }
    }
  }

  protected log(level: LogRecord['level'], args: unknown[]): void {
    try {
      this.logger[level](...args);
    } catch (error) {
      this.fallback.error('The logger of the program threw an error: %s', error);
      this.fallback[level](...args);
    }
  }
}
