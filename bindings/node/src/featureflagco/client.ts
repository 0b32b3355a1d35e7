import { Connection } from '../connection';
import type { JsonValue } from '../context';
import { EngineClient, messageOf } from '../featbit/lifecycle';
import { loggerOf } from '../featbit/options';
import type { Outcome } from '../outcome';
import { evaluateTexts, Flags } from '../request';
import type { IFfcClient } from './interface';
import { engineOptions, readSettings, words, type IOptions } from './options';
import { AllFlagStates, failed, lastEvaluation, notReady, saysYes } from './results';
import type { EvalDetail, Evaluation, FlagState } from './results';
import { userContext, userKey, userTexts, type IUser } from './user';

/** What `FfcClientBuilder` makes. */
export class FfcClientNode extends EngineClient implements IFfcClient {
  constructor(options: IOptions) {
    const logger = loggerOf(options);
    const settings = readSettings(options, logger);
    if (!settings.offline && settings.envSecret === '') {
      throw new Error('Config option "envSecret" is missing');
    }
    super(logger, settings.startWaitTime, words);
    try {
      this.attach(Connection.openNow(engineOptions(settings), words));
    } catch (error) {
      void this.close();
      throw error;
    }
    if (settings.offline) {
      this.becomeReady();
    }
  }

  variation<Value = JsonValue>(key: string, user: IUser, defaultValue: Value): Promise<Value> {
    return Promise.resolve(this.evaluate(key, user, defaultValue, Flags.None).state.data.variation);
  }

  variationDetail<Value = JsonValue>(key: string, user: IUser, defaultValue: Value): Promise<FlagState<Value>> {
    return Promise.resolve(this.evaluate(key, user, defaultValue, Flags.None).state);
  }

  isEnabled(key: string, user: IUser): Promise<boolean> {
    return Promise.resolve(saysYes(this.evaluate<unknown>(key, user, 'off', Flags.None).state.data.variation));
  }

  getAllVariations(user: IUser): Promise<AllFlagStates> {
    const { engine } = this;
    if (engine === undefined || !this.initialized()) {
      return Promise.resolve(noStates(notReady));
    }
    const timestamp = Date.now();
    const details = new Map<string, EvalDetail>();
    const outcomes = new Map<string, Outcome>();
    const { keys } = engine.callNow('featureflagco.flag_keys') as { keys: string[] };
    for (const key of keys) {
      const { state, outcome } = this.evaluate<JsonValue>(key, user, null, Flags.NoExposure);
      if (outcome === undefined) {
        return Promise.resolve(noStates(state.message));
      }
      details.set(key, state.data);
      outcomes.set(key, outcome);
    }
    const context = userContext(user);
    const expose = (key: string): void => {
      const { variation, reason } = details.get(key) as EvalDetail;
      const { variant, inExperiment } = outcomes.get(key) as Outcome;
      this.send('featureflagco.expose', {
        context,
        key,
        variation: variant,
        value: variation,
        reason,
        in_experiment: inExperiment,
        timestamp,
      });
    };
    return Promise.resolve(new AllFlagStates(true, 'OK', details, expose));
  }

  track(user: IUser, eventName: string, metricValue: number = 1): void {
    this.trackMetrics(user, { [eventName]: metricValue });
  }

  trackMetrics(user: IUser, metrics: Readonly<Record<string, number>>): void {
    if (typeof metrics !== 'object' || metrics === null || Array.isArray(metrics)) {
      this.logger.warn('No event is sent: metrics are not an object of numbers');
      return;
    }
    const valid: Record<string, number> = Object.create(null) as Record<string, number>;
    for (const [name, value] of Object.entries(metrics)) {
      if (name === '' || typeof value !== 'number' || !(value > 0 && Number.isFinite(value))) {
        this.logger.warn(`An event is not sent: the name ${JSON.stringify(name)} or the value ${value} is not valid`);
      } else {
        valid[name] = value;
      }
    }
    if (Object.keys(valid).length > 0) {
      this.send('featureflagco.track_metrics', { context: userContext(user), metrics: valid });
    }
  }

  private send(method: string, params: object): void {
    try {
      this.engine?.callNow(method, JSON.stringify(params));
    } catch (error) {
      this.logger.warn(`An event is not sent: ${messageOf(error)}`);
    }
  }

  private evaluate<Value>(key: string, user: IUser, fallback: Value, flags: Flags): Evaluation<Value> {
    if (this.handle === undefined) {
      return { state: failed(key, notReady, fallback), outcome: undefined };
    }
    const flagKey = typeof key === 'string' ? key : '';
    const texts = userTexts(user);
    return lastEvaluation(
      evaluateTexts(this.handle, flags, flagKey, userKey(user), texts, texts.length),
      key,
      fallback,
    );
  }
}

function noStates(message: string): AllFlagStates {
  return new AllFlagStates(false, message, new Map(), () => undefined);
}
