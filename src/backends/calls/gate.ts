import { isKmsError, type KmsError } from 'kkp-plugin-kit';
import { queueTimeout, Refusal } from './refusal.js';

/**
 * Lets at most `concurrency` calls be with a key service at the same time; `queue` more wait, first come, first served,
 * each until its own signal is aborted.
 *
 * Own code: p-limit and the bulkheads of resilience libraries keep a waiter whose caller has gone until its turn comes,
 * so that behind a key service that hangs the dead fill the queue and the living are refused.
 */
export class Gate {
  private inside = 0;
  /** Each lets one who waits in. */
  private readonly waiters = new Set<() => void>();

  constructor(
    private readonly concurrency: number,
    private readonly queue: number,
  ) {}

  get inFlight(): number {
    return this.inside;
  }

  get queued(): number {
    return this.waiters.size;
  }

  /** Takes a place if one is free. Whoever has one calls `leave`, once. */
  tryEnter(): boolean {
    if (this.inside >= this.concurrency) return false;
    this.inside += 1;
    return true;
  }

  /**
   * Waits for a place and takes it.
   *
   * @throws Refusal `throttled` when the queue is full, or the time of the call passed in it; the signal's own reason
   *   when the caller has gone
   */
  async wait(signal: AbortSignal): Promise<void> {
    if (this.waiters.size >= this.queue) {
      throw new Refusal('queue-full', 'throttled', 'Too many calls wait for the backend.', { side: 'proxy' });
    }
    await new Promise<void>((resolve, reject) => {
      const leaveQueue = () => {
        this.waiters.delete(enter);
        signal.removeEventListener('abort', giveUp);
      };
      const giveUp = () => {
        leaveQueue();
        reject(whyInQueue(signal.reason));
      };
      const enter = () => {
        leaveQueue();
        resolve();
      };
      this.waiters.add(enter);
      signal.addEventListener('abort', giveUp, { once: true });
      if (signal.aborted) giveUp();
    });
  }

  /** Hands the place to the first who waits. */
  leave(): void {
    const [letIn] = this.waiters;
    if (letIn) letIn();
    else this.inside -= 1;
  }
}

function whyInQueue(reason: unknown): KmsError {
  if (isKmsError(reason) && reason.side === 'caller') return reason;
  return queueTimeout();
}
