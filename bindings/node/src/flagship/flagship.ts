/** The class that stands for the SDK. */
import type { IFlagshipConfig } from './config';
import type { FSSdkStatus } from './enums';
import { runtime } from './runtime';
import type { NewVisitor } from './types';
import { newVisitor, type Visitor } from './visitor';

/** What `start` returns: the SDK, which can be used at once, and a promise for it. */
export type StartedFlagship = Flagship & Promise<Flagship>;

/** The SDK. There is one in a program (in a worker thread: one more), whichever copy of the package it comes from. */
export class Flagship {
  private static readonly instance = new Flagship();

  private constructor() {}

  /**
   * Starts the SDK; again with another configuration, if it is started already. What is wrong is logged. Visitors can be made
   * at once; awaiting the result waits for the first environment file, if there is to be one.
   */
  static start(envId: string, apiKey: string, config?: IFlagshipConfig): StartedFlagship {
    return promising(Flagship.instance, runtime.start(envId, apiKey, config));
  }

  /** Makes a visitor. Before `start` it works too, but has no flags. */
  static newVisitor(params: NewVisitor): Visitor {
    return newVisitor(params);
  }

  static getStatus(): FSSdkStatus {
    return runtime.status();
  }

  static getConfig(): IFlagshipConfig {
    return runtime.config;
  }

  /** The visitor that was saved; undefined if the last one was not made with shouldSaveInstance. */
  static getVisitor(): Visitor | undefined {
    return runtime.saved as Visitor | undefined;
  }

  /** Sends everything that is pending. The SDK goes on working. */
  static close(): Promise<void> {
    return runtime.close();
  }

  newVisitor(params: NewVisitor): Visitor {
    return newVisitor(params);
  }

  getStatus(): FSSdkStatus {
    return runtime.status();
  }

  getConfig(): IFlagshipConfig {
    return runtime.config;
  }

  getVisitor(): Visitor | undefined {
    return Flagship.getVisitor();
  }

  close(): Promise<void> {
    return runtime.close();
  }
}

/** An object that is a Flagship and a promise for one: the other has no `then`, so that awaiting ends. */
function promising(flagship: Flagship, started: Promise<void>): StartedFlagship {
  const promise = started.then(
    () => flagship,
    () => flagship,
  );
  return Object.create(flagship, {
    then: { value: promise.then.bind(promise) },
    catch: { value: promise.catch.bind(promise) },
    finally: { value: promise.finally.bind(promise) },
  }) as StartedFlagship;
}
