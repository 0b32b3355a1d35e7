/** Where the SDK writes what it has to say. */
import { LogLevel } from './enums';

export interface IFlagshipLogManager {
  emergency(message: string, tag: string): void;
  alert(message: string, tag: string): void;
  critical(message: string, tag: string): void;
  error(message: string, tag: string): void;
  warning(message: string, tag: string): void;
  notice(message: string, tag: string): void;
  info(message: string, tag: string): void;
  debug(message: string, tag: string): void;
  log(level: LogLevel, message: string, tag: string): void;
}

type Method = Exclude<keyof IFlagshipLogManager, 'log'>;

const methods: Readonly<Record<number, Method>> = {
  [LogLevel.EMERGENCY]: 'emergency',
  [LogLevel.ALERT]: 'alert',
  [LogLevel.CRITICAL]: 'critical',
  [LogLevel.ERROR]: 'error',
  [LogLevel.WARNING]: 'warning',
  [LogLevel.NOTICE]: 'notice',
  [LogLevel.INFO]: 'info',
  [LogLevel.DEBUG]: 'debug',
};

/** Where logs go; all of it is the program's. */
export interface LogSinks {
  readonly logLevel: LogLevel;
  readonly logManager: IFlagshipLogManager | undefined;
  readonly onLog: ((level: LogLevel, tag: string, message: string) => void) | undefined;
}

/** Hands messages to the program's sinks, or to the console if there are none. A sink that throws harms nobody. */
export class Logs {
  private sinks: LogSinks = { logLevel: LogLevel.ALL, logManager: undefined, onLog: undefined };
  private busy = false;

  use(sinks: LogSinks): void {
    this.sinks = sinks;
  }

  /** Whether anybody would see messages of a level. */
  shows(level: LogLevel): boolean {
    return this.sinks.logLevel >= level;
  }

  /** tag names the function that the message is from. */
  log(level: LogLevel, tag: string, message: string): void {
    if (!this.shows(level)) {
      return;
    }
    if (this.busy) {
      write(level, tag, message); // a sink calls the SDK, which has something to say in turn
      return;
    }
    this.busy = true;
    try {
      this.pass(level, tag, message);
    } finally {
      this.busy = false;
    }
  }

  error(tag: string, message: string): void {
    this.log(LogLevel.ERROR, tag, message);
  }

  warning(tag: string, message: string): void {
    this.log(LogLevel.WARNING, tag, message);
  }

  private pass(level: LogLevel, tag: string, message: string): void {
    const { onLog, logManager } = this.sinks;
    if (onLog === undefined && logManager === undefined) {
      write(level, tag, message);
      return;
    }
    attempt('onLog', () => onLog?.(level, tag, message));
    attempt('logManager', () => {
      const method = methods[level] as Method;
      if (typeof logManager?.[method] === 'function') {
        return logManager[method](message, tag);
      }
      return logManager?.log(level, message, tag);
    });
  }
}

/** Runs code of the program that messages go to; what it throws can only go to the console. */
function attempt(name: string, run: () => unknown): void {
  const failed = (error: unknown): void => write(LogLevel.ERROR, name, `it failed: ${messageOf(error)}`);
  try {
    const result = run();
    if (isThenable(result)) {
      result.then(undefined, failed);
    }
  } catch (error) {
    failed(error);
  }
}

const colours: Readonly<Record<number, number>> = {
  [LogLevel.WARNING]: 33,
  [LogLevel.NOTICE]: 36,
  [LogLevel.INFO]: 32,
  [LogLevel.DEBUG]: 90,
};

/** Writes one line to stderr, in colours if a person sees it. */
function write(level: LogLevel, tag: string, message: string): void {
  const line = `[${new Date().toISOString()}] [Flagship SDK] [${LogLevel[level]}] [${tag}] ${message}`;
  try {
    console.error(process.stderr.isTTY ? `\u001b[${colours[level] ?? 31}m${line}\u001b[0m` : line);
  } catch {
    // The SDK goes on working when nobody can read what it says.
  }
}

export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
}

/** The text of whatever was thrown. */
export function messageOf(error: unknown): string {
  try {
    return String(error instanceof Error ? error.message : error);
  } catch {
    return 'an error without a text';
  }
}
