/** Keeps the process alive as long as somebody holds it: what threads find does not. */
export class Awake {
  private holders = 0;
  private timer: NodeJS.Timeout | undefined;

  hold(): void {
    this.holders++;
    this.timer ??= setInterval(() => undefined, 2 ** 31 - 1);
  }

  release(): void {
    if (--this.holders === 0) {
      clearInterval(this.timer);
      this.timer = undefined;
    }
  }
}
