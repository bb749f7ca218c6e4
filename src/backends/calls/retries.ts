import { isKmsError, type Call, type KmsErrorCode } from 'kkp-plugin-kit';
import type { Clock } from '../../clock.js';
import type { Random } from '../../random.js';
import { pause } from './pause.js';
import { Refusal } from './refusal.js';
import type { RetryBudget } from './retry-budget.js';

const RETRYABLE: readonly KmsErrorCode[] = ['throttled', 'unavailable'];
const FIRST_WAIT_MS = 50;
const LONGEST_WAIT_MS = 2_000;

/** What became of the wish to retry. */
export type RetryOutcome = 'made' | 'no-budget' | 'no-time';

interface RetryOptions {
  /** Most retries of one call. */
  readonly retries: number;
  readonly budget: RetryBudget;
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * Tries again what may succeed later without anybody changing anything: every operation of a backend is safe to
 * repeat. The wait has full jitter (a random part of a bound that doubles), on top of what the provider asked for. A
 * retry that could not be made before the deadline is not waited for: the caller gets the failure and its
 * `Retry-After` now. Own code: retry libraries know neither that deadline nor a budget, and sleep on when the caller
 * has gone.
 */
export class Retries {
  constructor(private readonly options: RetryOptions) {}

  async run<T>(
    call: Call,
    attempt: () => Promise<T>,
    onRetry: (outcome: RetryOutcome) => void = () => undefined,
  ): Promise<T> {
    for (let made = 0; ; made++) {
      try {
        return await attempt();
      } catch (error) {
        if (made >= this.options.retries || call.signal.aborted || !isRetryable(error)) throw error;
        const waitMs = this.waitMs(error.retryAfterMs, made);
        const outcome = this.outcome(waitMs, call.deadline);
        onRetry(outcome);
        if (outcome !== 'made') throw error;
        await pause(waitMs, call.signal);
      }
    }
  }

  private outcome(waitMs: number, deadline: number): RetryOutcome {
    const { clock, budget } = this.options;
    if (clock.now() + waitMs >= deadline) return 'no-time';
    return budget.spend() ? 'made' : 'no-budget';
  }

  private waitMs(retryAfterMs: number | undefined, made: number): number {
    const asked = retryAfterMs !== undefined && retryAfterMs > 0 ? retryAfterMs : 0;
    const bound = Math.min(FIRST_WAIT_MS * 2 ** made, LONGEST_WAIT_MS);
    const share = this.options.random.bytes(4).readUInt32BE() / 2 ** 32;
    return asked + share * bound;
  }
}

/** The code decides, not the getter: an error of another copy of the kit may lack it. */
const isRetryable = (error: unknown): error is { retryAfterMs?: number } =>
  isKmsError(error) &&
  RETRYABLE.includes(error.code) &&
  error.side !== 'caller' &&
  !(error instanceof Refusal);
