/** A run of calls this long, or longer, never has more than its percentage of retries. */
export const BUDGET_RUN = 100;

/**
 * The retries that a backend may be sent, so that a key service in trouble is not asked much more often than a sound
 * one. A token bucket: each call earns a part of a retry, and a fifth of what a run of 100 calls may have is kept in
 * reserve, for calls that are few. The reserve comes out of the percentage: for every run of n >= 100 calls,
 * reserve + n * (percent - reserve) / 100 <= n * percent / 100.
 */
export class RetryBudget {
  private readonly reserve: number;
  private readonly perCall: number;
  private tokens: number;

  constructor(percent: number) {
    this.reserve = percent / 5;
    this.perCall = (percent - this.reserve) / BUDGET_RUN;
    this.tokens = this.reserve;
  }

  /** Counts a call; its retries are no calls. */
  earn(): void {
    this.tokens = Math.min(this.reserve, this.tokens + this.perCall);
  }

  /** Takes one retry when there is one. */
  spend(): boolean {
    if (this.tokens < 1) return false;
    this.tokens -= 1;
    return true;
  }
}
