/** A visitor: whom flags are decided for. */
import { FSFlagCollection, type IFSFlagCollection, type ListedFlag } from './collection';
import type { IFlagshipConfig } from './config';
import { DecisionMode, FSFetchStatus, LogLevel } from './enums';
import { FSFlag, type FlagOwner, type IFSFlag } from './flag';
import { booleanOf, contextOf, idOf, isList, plainHit } from './input';
import { ListeningVisitor } from './listening';
import { messageOf } from './logging';
import { refusalOf } from './refusals';
import { runtime } from './runtime';
import type { FetchFlagsStatus, IHit, NewVisitor, primitive } from './types';

interface Made {
  readonly visitor: number;
  readonly id: string;
  readonly anonymousId: string | null;
}

interface Identified {
  readonly refused: string | null;
  readonly id: string;
  readonly anonymousId: string | null;
}

interface SentHit {
  readonly sent: boolean;
  readonly refused: string | null;
  readonly why: string | null;
  readonly left_out: readonly string[];
}

/** What `Flagship.newVisitor` makes. It has one event: `ready`, after each fetch, with an error if that failed. */
export class Visitor extends ListeningVisitor implements FlagOwner {
  /**
   * The engine's name for the visitor; 0 when the engine could not be opened.
   * @internal
   */
  readonly handle: number;
  private id: string;
  private anonymous: string | null;
  private consent: boolean;
  private fetchedAt = 0; // when a fetch was over that nobody had to wait for, in milliseconds since 1970

  /** @internal */
  constructor(params: NewVisitor) {
    super([params.onFetchFlagsStatusChanged, params.onFlagsStatusChanged]);
    const { engine, logs } = runtime;
    this.consent = booleanOf(params.hasConsented);
    if (params.hasConsented === undefined || params.hasConsented === null) {
      logs.warning('newVisitor', 'hasConsented is not given: nothing is tracked');
    }
    const problem = (message: string): void => logs.error('newVisitor', message);
    const known = {
      id: idOf(params.visitorId, problem),
      consent: this.consent,
      authenticated: booleanOf(params.isAuthenticated),
      context: contextOf(params.context ?? {}, problem),
      listens: this.listens,
    };
    const made = engine.ask<Made>('visitor.new', withFlags(known, params, problem));
    this.handle = made?.visitor ?? 0;
    this.id = made?.id ?? known.id ?? '';
    this.anonymous = made?.anonymousId ?? null;
    if (made !== undefined) {
      engine.keep(this, this.handle);
    }
    if (this.listens) {
      engine.listen(this, this.handle);
      void engine.mark(this); // its first status is on its way, whether the program keeps the visitor or not
    }
  }

  get visitorId(): string {
    return this.id;
  }

  /** The id cannot be changed in this way: `authenticate` does it. */
  set visitorId(_id: string) {
    runtime.logs.error('visitorId', 'the id of a visitor does not change by assignment; there is authenticate');
  }

  /** The id from before logging in; null: not logged in. */
  get anonymousId(): string | null {
    return this.anonymous;
  }

  get hasConsented(): boolean {
    return this.consent;
  }

  get config(): IFlagshipConfig {
    return runtime.config;
  }

  get fetchStatus(): FetchFlagsStatus {
    return runtime.engine.fetchStatus(this.handle);
  }

  /** The name of release 5 for fetchStatus. */
  get flagsStatus(): FetchFlagsStatus {
    return this.fetchStatus;
  }

  /** All attributes, with those that the SDK sets itself. A copy. */
  get context(): Record<string, primitive> {
    return this.ask<{ context: Record<string, primitive> }>('state')?.context ?? {};
  }

  /** Also when nothing changes the vendor is told. Without consent what is pending of the visitor is not sent any more. */
  setConsent(hasConsented: boolean): void {
    this.consent = booleanOf(hasConsented);
    this.ask('consent', { consent: this.consent });
  }

  /** Adds and replaces attributes. What cannot be part of a context is left out, and the log says so. */
  updateContext(context: Record<string, primitive>): void;
  updateContext(key: string, value: primitive): void;
  updateContext(context: Record<string, primitive> | string, value?: primitive): void {
    const given = typeof context === 'string' ? { [context]: value } : context;
    const attributes = contextOf(given, (problem) => runtime.logs.error('updateContext', problem));
    this.changeContext('updateContext', 'update_context', { context: attributes });
  }

  /** Leaves only what the SDK sets itself. */
  clearContext(): void {
    this.changeContext('clearContext', 'clear_context', {});
  }

  private changeContext(tag: string, method: string, params: object): void {
    const refused = this.ask<{ refused: string | null }>(method, params)?.refused;
    if (refused) {
      const { level, why } = refusalOf(refused);
      runtime.logs.log(level, tag, `the context of visitor ${this.id} does not change: ${why}`);
    }
  }

  /** Makes the visitor that of an account. The flags stay until the next fetch. */
  authenticate(visitorId: string): void {
    const id = idOf(visitorId, (problem) => runtime.logs.error('authenticate', problem)) ?? '';
    this.identify('authenticate', { id });
  }

  /** Gives the visitor back the id from before `authenticate`. */
  unauthenticate(): void {
    this.identify('unauthenticate', {});
  }

  private identify(method: string, params: object): void {
    const reply = this.ask<Identified>(method, params);
    if (reply === undefined) {
      return;
    }
    this.id = reply.id;
    this.anonymous = reply.anonymousId;
    if (reply.refused !== null) {
      const { level, why } = refusalOf(reply.refused);
      runtime.logs.log(level, method, `visitor ${this.id} stays as it is: ${why}`);
    }
  }

  /**
   * Decides the flags anew, once the first environment file is there. Never rejects: fetchStatus, the event `ready` and the log
   * say what went wrong.
   */
  fetchFlags(): Promise<void> {
    return runtime.firstFile?.then(() => this.fetch()) ?? this.fetch();
  }

  private fetch(): Promise<void> {
    if (!runtime.isStarted) {
      runtime.logs.error('fetchFlags', 'the SDK is not started');
      return Promise.resolve();
    }
    const due = this.isFetchDue();
    const heard = this.listens || runtime.config.onSdkStatusChanged !== undefined;
    const { over, refused, error, told } = runtime.engine.fetch(this, this.handle, heard);
    if (over && due && !refused) {
      this.fetchedAt = Date.now();
      if (!this.listens) {
        // Nobody has listened, but the program may do so as soon as it gets to it.
        queueMicrotask(() => this.fetchEnded(error));
      }
    }
    return told;
  }

  /** Whether a fetch does something: soon after one that succeeded it does not. */
  private isFetchDue(): boolean {
    const sinceLast = Date.now() - this.fetchedAt;
    return (
      this.fetchStatus.status !== FSFetchStatus.FETCHED || sinceLast >= runtime.config.fetchFlagsBufferingTime * 1000
    );
  }

  /** A flag, which reads what the visitor has whenever it is asked. A flag that the visitor lacks is one, too. */
  getFlag(key: string): IFSFlag {
    if (runtime.logs.shows(LogLevel.WARNING)) {
      const { status, reason } = this.fetchStatus;
      if (status === FSFetchStatus.FETCH_REQUIRED) {
        runtime.logs.warning('getFlag', `visitor ${this.id} has to call fetchFlags: ${reason}`);
      }
    }
    return new FSFlag({ key, visitor: this });
  }

  /** All flags that the visitor has now. */
  getFlags(): IFSFlagCollection {
    return FSFlagCollection.of(this, this.ask<{ flags: ListedFlag[] }>('flags')?.flags ?? []);
  }

  /** Queues what the visitor did. Never rejects: the log says why a hit is not sent, and what was left out of it. */
  async sendHit(hit: IHit): Promise<void> {
    const plain = plainHit(hit, (problem) => runtime.logs.error('sendHit', problem));
    const reply = plain === undefined ? undefined : this.ask<SentHit>('send', { hit: plain });
    if (reply === undefined) {
      return;
    }
    if (!reply.sent && !(reply.refused === 'dropped' && runtime.config.disableEvents)) {
      const { level, why } = refusalOf(reply.refused, reply.why);
      runtime.logs.log(level, 'sendHit', `a hit of visitor ${this.id} is not sent: ${why}`);
    } else if (reply.left_out.length > 0) {
      runtime.logs.warning('sendHit', `a hit is sent without what is not valid: ${reply.left_out.join(', ')}`);
    }
  }

  /** Queues hits in their order, as `sendHit` does. */
  async sendHits(hits: readonly IHit[]): Promise<void> {
    if (!isList(hits)) {
      runtime.logs.error('sendHits', 'hits is not an array');
      return;
    }
    try {
      for (const hit of hits) {
        await this.sendHit(hit);
      }
    } catch (error) {
      runtime.logs.error('sendHits', `hits cannot be read: ${messageOf(error)}`);
    }
  }

  /** Release 5 has it; there is nothing to clean up here. */
  cleanup(): void {}

  /** Release 5 has it; it is a feature of browsers. */
  collectEAIEventsAsync(): Promise<void> {
    return Promise.resolve();
  }

  private ask<Reply>(method: string, params: object = {}): Reply | undefined {
    if (this.handle === 0) {
      runtime.logs.error(method, 'the engine could not be loaded');
      return undefined;
    }
    return runtime.engine.ask<Reply>(`visitor.${method}`, { visitor: this.handle, ...params });
  }
}

/** What a visitor is made of, as JSON. Without the flags that it is to have at first, if JSON has no text for them. */
function withFlags(known: object, params: NewVisitor, problem: (message: string) => void): string {
  const { initialCampaigns, initialFlagsData } = params;
  const campaigns = isList(initialCampaigns) ? initialCampaigns : undefined;
  const flags = isList(initialFlagsData) ? initialFlagsData : undefined;
  try {
    return JSON.stringify({ ...known, campaigns, flags });
  } catch (error) {
    problem(`initialCampaigns or initialFlagsData cannot be read: ${messageOf(error)}`);
    return JSON.stringify(known);
  }
}

/** Makes a visitor, and has it fetch its flags if the configuration says so. */
export function newVisitor(params: NewVisitor | undefined): Visitor {
  const given = typeof params === 'object' && params !== null ? params : {};
  try {
    return make(given);
  } catch (error) {
    runtime.logs.error('newVisitor', `what is given cannot be read: ${messageOf(error)}`);
    return make({});
  }
}

function make(given: NewVisitor): Visitor {
  const visitor = new Visitor(given);
  const { config, logs } = runtime;
  if (given.shouldSaveInstance === true) {
    runtime.saved = visitor;
  } else if (runtime.saved !== undefined) {
    runtime.saved = undefined;
  }
  if (config.fetchNow && config.decisionMode !== DecisionMode.BUCKETING_EDGE) {
    visitor.fetchFlags().catch((error: unknown) => logs.error('newVisitor', messageOf(error)));
  }
  return visitor;
}
