import type { Clock } from '../../clock.js';
import { Refusal } from './refusal.js';

export type BreakerState = 'closed' | 'half-open' | 'open';

/** What an attempt showed of the key service. `nothing`: its caller left before there was an answer. */
export type Evidence = 'alive' | 'outage' | 'nothing';

/** Leave for one attempt; `settle` is called with what it showed. */
export interface Permit {
  settle(evidence: Evidence): void;
}

interface BreakerOptions {
  /** Outages in a row that open it. */
  readonly failures: number;
  readonly openMs: number;
}

/**
 * Stops calling a key service that is out. After `failures` outages in a row every call is refused at once; after
 * `openMs` one attempt may try, and decides. In a row, not by rate: one key that is out of order, among others that
 * answer, must not shut the key service for all.
 *
 * Own code: cockatiel 4 and opossum 10 need Node 22, and the versions before them are no longer kept. Those also make
 * callers wait for the probe, and close when the probe's caller merely hangs up (cockatiel); neither says when to come
 * back.
 */
export class CircuitBreaker {
  private failuresInARow = 0;
  /** Unix milliseconds; undefined while closed. */
  private openUntil: number | undefined;
  private probing = false;
  /** Counts openings: what began before the last one says nothing of now. */
  private era = 0;

  constructor(
    private readonly options: BreakerOptions,
    private readonly clock: Clock,
  ) {}

  get state(): BreakerState {
    if (this.openUntil === undefined) return 'closed';
    const left = this.openUntil - this.clock.now();
    // More than the whole time is left when somebody has set the clock back.
    return left > 0 && left <= this.options.openMs ? 'open' : 'half-open';
  }

  /** @throws Refusal `unavailable`, with the time to come back, when no attempt may be made now */
  check(): void {
    if (this.state === 'open' || this.probing) throw this.refusal();
  }

  /** @throws Refusal as `check` */
  admit(): Permit {
    this.check();
    this.probing = this.state === 'half-open';
    const { era } = this;
    return { settle: (evidence) => this.settle(evidence, era) };
  }

  private refusal(): Refusal {
    const left = (this.openUntil ?? 0) - this.clock.now();
    const retryAfterMs = left > 0 ? Math.min(left, this.options.openMs) : this.options.openMs;
    return new Refusal('breaker-open', 'unavailable', 'The backend was out just now.', { retryAfterMs });
  }

  private settle(evidence: Evidence, era: number): void {
    if (era !== this.era) return;
    this.probing = false;
    if (evidence === 'alive') this.prove();
    if (evidence === 'outage') this.count();
  }

  private prove(): void {
    this.failuresInARow = 0;
    if (this.openUntil === undefined) return;
    this.openUntil = undefined;
  }

  private count(): void {
    this.failuresInARow += 1;
    if (this.openUntil === undefined && this.failuresInARow < this.options.failures) return;
    this.openUntil = this.clock.now() + this.options.openMs;
    this.era += 1;
  }
}
