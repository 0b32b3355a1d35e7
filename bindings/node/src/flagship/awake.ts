import { longestTimer } from './timers';

/** Keeps the process alive as long as somebody holds it: work on the engine's own threads does not. */
export class Awake {
  private holders = 0;
  private timer: NodeJS.Timeout | undefined;

  hold(): void {
    this.holders++;
    this.timer ??= setInterval(() => undefined, longestTimer);
  }

  release(): void {
    if (--this.holders === 0) {
      clearInterval(this.timer);
      this.timer = undefined;
    }
  }
}
