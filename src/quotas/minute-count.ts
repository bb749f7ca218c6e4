const WINDOW = 60;

/** How often something happened within the last 60 seconds, told apart by the second. Takes 60 numbers, however often. */
export class MinuteCount {
  private readonly seconds = new Uint32Array(WINDOW);
  private latest = 0;
  private total = 0;

  /** @param now Unix seconds, as in all methods */
  count(now: number): number {
    this.moveTo(now);
    return this.total;
  }

  add(now: number): void {
    this.moveTo(now);
    this.seconds[this.latest % WINDOW] = this.within(this.latest) + 1;
    this.total += 1;
  }

  /** Seconds from `now` until there are less than `limit`, if nothing is added. */
  secondsUntilBelow(limit: number, now: number): number {
    let left = this.count(now);
    let wait = 0;
    for (; left >= limit && wait < WINDOW; wait++) left -= this.within(this.latest + wait + 1);
    return wait + this.latest - now;
  }

  private within(second: number): number {
    return this.seconds[second % WINDOW] ?? 0;
  }

  /** Forgets what is older than a minute. A clock that was set back far starts anew; for less than a minute, it stands. */
  private moveTo(now: number): void {
    if (Math.abs(now - this.latest) >= WINDOW) {
      this.seconds.fill(0);
      this.total = 0;
      this.latest = now;
    }
    while (this.latest < now) {
      this.latest += 1;
      this.total -= this.within(this.latest);
      this.seconds[this.latest % WINDOW] = 0;
    }
  }
}
