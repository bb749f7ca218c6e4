import { KmsError, type Call } from 'kkp-plugin-kit';
import type { CallContext } from '../../call-context.js';
import type { Clock } from '../../clock.js';
import type { Random } from '../../random.js';
import { asKmsError } from '../kms-errors.js';
import { CircuitBreaker, type BreakerState, type Evidence, type Permit } from './breaker.js';
import type { CallLimits } from './call-limits.js';
import { untilAborted, withCall } from './deadline.js';
import { Gate } from './gate.js';
import type { BackendObserver, KmsOperation } from './observer.js';
import { queueTimeout, Refusal } from './refusal.js';
import { Retries } from './retries.js';
import { RetryBudget } from './retry-budget.js';

/** Longest wait for a health probe, in milliseconds: one backend that hangs must not make readiness hang. */
const HEALTH_TIMEOUT_MS = 2_000;

export interface CallOptions {
  readonly limits: CallLimits;
  readonly clock: Clock;
  readonly random: Random;
  readonly observer: BackendObserver;
  /** False before the backend was opened and after it was closed: no call reaches it then. */
  readonly isOpen: () => boolean;
}

/** What a call does. */
interface Steps<T> {
  /** One attempt: may be made several times. */
  attempt(call: Call): Promise<T>;
  /** Checks the answer further, within the deadline but without a place among the calls: it may call by itself. */
  confirm?(answer: T, call: Call): Promise<void>;
  /** Gets an answer that came too late, or was not confirmed. */
  discard?(answer: T): void;
}

/** How the calls of one backend stand, for gauges and readiness. */
export interface CallsStatus {
  readonly breaker: BreakerState;
  readonly inFlight: number;
  readonly queued: number;
}

/**
 * Runs the calls of one backend: each has one deadline for its queueing, attempts and retries, and rejects with
 * `KmsError` only. What bounds them is this backend's own, so that no other one feels it.
 */
export class BackendCalls {
  private readonly budget: RetryBudget;
  private readonly retries: Retries;
  private readonly gate: Gate;
  private readonly breaker: CircuitBreaker;

  constructor(
    private readonly backend: string,
    private readonly options: CallOptions,
  ) {
    const { limits, clock, random } = options;
    this.budget = new RetryBudget(limits.retryPercent);
    this.retries = new Retries({ retries: limits.retries, budget: this.budget, clock, random });
    this.gate = new Gate(limits.concurrency, limits.queue);
    const breaking = { failures: limits.breakerFailures, openMs: limits.breakerOpenMs };
    this.breaker = new CircuitBreaker(breaking, clock);
  }

  get status(): CallsStatus {
    return { breaker: this.breaker.state, inFlight: this.gate.inFlight, queued: this.gate.queued };
  }

  async run<T>(operation: KmsOperation, context: CallContext, steps: Steps<T>): Promise<T> {
    return await this.within(this.options.limits.callTimeoutMs, context, async (call) => {
      this.budget.earn();
      const answer = await this.retries.run(
        call,
        () => this.attempt(operation, call, steps),
        (outcome) => this.options.observer.onRetry?.({ backend: this.backend, outcome }),
      );
      try {
        await steps.confirm?.(answer, call);
        return answer;
      } catch (error) {
        steps.discard?.(answer);
        throw error;
      }
    });
  }

  /** One attempt beside the others: a probe must reach the backend whatever they do, and proves nothing for them. */
  async probe<T>(context: CallContext, attempt: (call: Call) => Promise<T>): Promise<T> {
    const timeoutMs = Math.min(this.options.limits.callTimeoutMs, HEALTH_TIMEOUT_MS);
    return await this.within(timeoutMs, context, (call) => this.reach('health', call, { attempt }));
  }

  /** Several calls as one, with one deadline. */
  async together<T>(context: CallContext, use: (call: Call) => Promise<T>): Promise<T> {
    return await this.within(this.options.limits.callTimeoutMs, context, use);
  }

  private async within<T>(timeoutMs: number, context: CallContext, use: (call: Call) => Promise<T>) {
    const { clock, isOpen } = this.options;
    if (!isOpen()) throw new KmsError('unavailable', 'The backend is not open.', { side: 'proxy' });
    try {
      return await withCall({ timeoutMs, clock, context }, use);
    } catch (error) {
      throw asKmsError(error);
    }
  }

  private async attempt<T>(operation: KmsOperation, call: Call, steps: Steps<T>): Promise<T> {
    try {
      this.breaker.check();
      if (!this.gate.tryEnter()) await this.gate.wait(call.signal);
    } catch (error) {
      throw this.noteRefusal(error);
    }
    try {
      return await this.reach(operation, call, steps, this.admit(call));
    } finally {
      this.gate.leave();
    }
  }

  private admit(call: Call): Permit {
    try {
      // A place that is given up at the deadline of a call may be handed to another with the same one.
      if (this.options.clock.now() >= call.deadline) throw queueTimeout();
      return this.breaker.admit();
    } catch (error) {
      throw this.noteRefusal(error);
    }
  }

  private async reach<T>(operation: KmsOperation, call: Call, steps: Steps<T>, permit?: Permit): Promise<T> {
    const { clock, observer } = this.options;
    const started = clock.now();
    const note = (code: 'ok' | KmsError['code'], evidence: Evidence) => {
      permit?.settle(evidence);
      observer.onCall?.({ backend: this.backend, operation, code, seconds: (clock.now() - started) / 1000 });
    };
    try {
      const answer = await untilAborted(
        call.signal,
        () => steps.attempt(call),
        (late) => steps.discard?.(late),
      );
      note('ok', 'alive');
      return answer;
    } catch (error) {
      const failure = asKmsError(error);
      note(failure.code, this.evidence(failure, call, started));
      throw failure;
    }
  }

  private evidence(failure: KmsError, call: Call, started: number): Evidence {
    if (failure.code !== 'unavailable') return 'alive';
    if (!call.signal.aborted) return 'outage';
    // Behind a queue or a retry little time may have been left to answer in.
    const hadTime = call.deadline - started >= this.options.limits.callTimeoutMs / 2;
    return failure.side !== 'caller' && hadTime ? 'outage' : 'nothing';
  }

  private noteRefusal(error: unknown): unknown {
    if (error instanceof Refusal) {
      this.options.observer.onRefused?.({ backend: this.backend, reason: error.reason });
    }
    return error;
  }
}
