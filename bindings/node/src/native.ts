import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isMainThread } from 'node:worker_threads';

import { FeatureFlagError, type ErrorCode } from './errors';

/** The addon; native/*.c documents each function. */
interface Addon {
  start(dispatch: (token: number, kind: MessageKind, text: string, low: number, high: number) => void): void;
  stop(): void;
  open(token: number, path: string, options: string): void;
  openNow(token: number, path: string, options: string): [reply: string, low: number, high: number];
  call(token: number, low: number, high: number, method: string, params: string): void;
  callNow(low: number, high: number, method: string, params: string): string | undefined;
  close(token: number, clientToken: number, low: number, high: number): void;
  bind(buffer: ArrayBuffer): void;
  resolve(): void;
  texts(): [
    value: string,
    variant: string,
    attachment: string | undefined,
    message: string,
    vendorReason: string,
    flagName: string,
    ruleName: string,
    ...segments: string[],
  ];
  visitorFlag(): void;
  visitorText(): string;
  visitorClose(low: number, high: number, visitorLow: number, visitorHigh: number): void;
  resignal(): void;
  version(): string | undefined;
  shared?: Shared;
}

/**
 * What all copies of this module share that one process has loaded the addon for: test runners load modules anew, and the
 * addon stays as it is.
 */
interface Shared {
  lastToken: number;
  started: boolean;
  stopping: boolean;
  readonly pending: Map<number, Pending>;
  readonly listeners: Map<number, Listener>;
  /** Told to the copy whose buffer the addon reads, when that is to read another one. */
  unbind: () => void;
}

const enum MessageKind {
  // enum message_kind in native/clients.c
  Opened = 0,
  Event = 1,
  Ended = 2,
  Reply = 3,
}

const buildFolder = join(__dirname, '..', 'build');
const addonPath = join(buildFolder, 'burgee.node');

export const addon = loadAddon();

function loadAddon(): Addon {
  if (!existsSync(addonPath)) {
    throw new FeatureFlagError('GENERAL', `burgee: ${addonPath} is missing; run "npm rebuild burgee" to compile it`);
  }
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- an addon can only be loaded by require
  return require(addonPath) as Addon;
}

const libraryNames: Partial<Record<NodeJS.Platform, string>> = { darwin: 'libburgee.dylib', win32: 'burgee.dll' };

/** The library to load: the environment variable BURGEE_LIBRARY, or the one in the package. */
function libraryPath(): string {
  return process.env['BURGEE_LIBRARY'] || join(buildFolder, libraryNames[process.platform] ?? 'libburgee.so');
}

/** An open client of the engine: its handle, in two halves because a number cannot hold 64 bits. */
export interface Handle {
  readonly token: number;
  readonly low: number;
  readonly high: number;
  /** The JSON reply to burgee_open. */
  readonly reply: unknown;
}

/** Receives the events of one client, as JSON texts; undefined after the last. */
export type Listener = (event: string | undefined) => void;

interface Pending {
  resolve(text: string, low: number, high: number): void;
}

export const shared: Shared = (addon.shared ??= {
  lastToken: 0,
  started: false,
  stopping: false,
  pending: new Map(),
  listeners: new Map(),
  unbind: () => undefined,
});
const { pending, listeners } = shared;

function dispatch(token: number, kind: MessageKind, text: string, low: number, high: number): void {
  if (kind === MessageKind.Event) {
    listeners.get(token)?.(text);
    return;
  }
  if (kind === MessageKind.Ended) {
    listeners.get(token)?.(undefined);
    listeners.delete(token);
    return;
  }
  const waiting = pending.get(token);
  pending.delete(token);
  waiting?.resolve(text, low, high);
}

function start(): void {
  if (shared.started) {
    return;
  }
  shared.started = true;
  addon.start(dispatch);
  if (isMainThread) {
    // libuv installs handlers without SA_ONSTACK, which Go needs. Node's own listener, which installs the handler, was
    // there before this one.
    process.on('newListener', (name: string | symbol) => {
      if (typeof name === 'string' && name.startsWith('SIG')) {
        addon.resignal();
      }
    });
  }
}

/**
 * Has every client closed when the process ends, so that waiting events are sent. Without it Node closes them in every end
 * but that by `process.exit`, which ends the threads of the process where they are.
 */
export function stopAtExit(): void {
  if (isMainThread && !shared.stopping) {
    shared.stopping = true;
    process.once('exit', () => addon.stop());
  }
}

/** Opens a client, on a thread of its own. */
export function openHandle(options: string, listener: Listener): Promise<Handle> {
  start();
  const token = ++shared.lastToken;
  return new Promise((resolve, reject) => {
    listeners.set(token, listener);
    pending.set(token, {
      resolve(text, low, high) {
        try {
          resolve({ token, low, high, reply: unwrap(text) });
        } catch (error) {
          listeners.delete(token);
          reject(error);
        }
      },
    });
    addon.open(token, libraryPath(), options);
  });
}

/** Opens a client right here. The options must not make the engine wait. */
export function openHandleNow(options: string, listener: Listener): Handle {
  start();
  const token = ++shared.lastToken;
  const [text, low, high] = addon.openNow(token, libraryPath(), options);
  const handle = { token, low, high, reply: unwrap(text) };
  listeners.set(token, listener); // no event can have arrived yet: they come through the event loop
  return handle;
}

/** Calls a method that may block, on a thread of its own. */
export function call(handle: Handle, method: string, params: string): Promise<unknown> {
  return blocking((token) => addon.call(token, handle.low, handle.high, method, params));
}

/** Closes a client, on a thread of its own. */
export function close(handle: Handle): Promise<unknown> {
  return blocking((token) => addon.close(token, handle.token, handle.low, handle.high));
}

function blocking(begin: (token: number) => void): Promise<unknown> {
  const token = ++shared.lastToken;
  return new Promise((resolve, reject) => {
    pending.set(token, {
      resolve(text) {
        try {
          resolve(unwrap(text));
        } catch (error) {
          reject(error);
        }
      },
    });
    begin(token);
  });
}

/** Calls a method that does not block. */
export function callNow(handle: Handle, method: string, params: string): unknown {
  return unwrap(addon.callNow(handle.low, handle.high, method, params) ?? '');
}

interface Envelope {
  readonly ok?: unknown;
  readonly error?: { readonly code: ErrorCode; readonly message: string };
}

/** Opens the envelope of a reply. What is no envelope is the reason why the library could not be loaded. */
function unwrap(text: string): unknown {
  if (!text.startsWith('{')) {
    throw new FeatureFlagError('GENERAL', text === '' ? 'burgee: out of memory' : `burgee: ${text}`);
  }
  const envelope = JSON.parse(text) as Envelope;
  if (envelope.error !== undefined) {
    throw new FeatureFlagError(envelope.error.code, envelope.error.message);
  }
  return envelope.ok;
}

/** The version of the loaded engine, such as "0.1.0 go1.26.8 linux/amd64"; undefined before the first open. */
export function engineVersion(): string | undefined {
  return addon.version();
}
