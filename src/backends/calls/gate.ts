import { isKmsError, type KmsError } from 'kkp-plugin-kit';
import { queueTimeout, Refusal } from './refusal.js';

interface Waiter {
  enter(): void;
  refuse(error: KmsError): void;
}

/**
 * Lets at most `concurrency` calls be with a key service at the same time; `queue` more wait, first come, first served,
 * each until its own signal is aborted.
 *
 * Own code: p-limit and the bulkheads of resilience libraries keep a waiter whose caller has gone until its turn comes,
 * so that behind a key service that hangs the dead fill the queue and the living are refused.
 */
export class Gate {
  private inside = 0;
  private readonly waiters = new Set<Waiter>();

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
        this.waiters.delete(waiter);
        signal.removeEventListener('abort', giveUp);
      };
      const refuse = (error: KmsError) => {
        leaveQueue();
        reject(error);
      };
      const giveUp = () => refuse(whyInQueue(signal.reason));
      const enter = () => {
        leaveQueue();
        resolve();
      };
      const waiter = { enter, refuse };
      this.waiters.add(waiter);
      signal.addEventListener('abort', giveUp, { once: true });
      if (signal.aborted) giveUp();
    });
  }

  /** Hands the place to the first who waits. */
  leave(): void {
    const [first] = this.waiters;
    if (first) first.enter();
    else this.inside -= 1;
  }

  /** Sends all away who wait. */
  refuseWaiters(error: KmsError): void {
    for (const waiter of [...this.waiters]) waiter.refuse(error);
  }
}

function whyInQueue(reason: unknown): KmsError {
  if (isKmsError(reason) && reason.side === 'caller') return reason;
  return queueTimeout();
}
