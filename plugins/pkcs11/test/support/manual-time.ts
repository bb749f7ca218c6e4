import type { Timers } from '../../src/timers.js';

interface Waiting {
  readonly at: number;
  readonly act: () => void;
}

/** A clock and its timers that a test moves on. */
export class ManualTime implements Timers {
  readonly waits: number[] = [];
  readonly #waiting = new Set<Waiting>();
  #now: number;

  constructor(now: number) {
    this.#now = now;
  }

  readonly now = (): number => this.#now;

  get pending(): number {
    return this.#waiting.size;
  }

  after(ms: number, act: () => void): () => void {
    const waiting = { at: this.#now + ms, act };
    this.waits.push(ms);
    this.#waiting.add(waiting);
    return () => this.#waiting.delete(waiting);
  }

  /** Runs what falls due on the way, in order. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const [next] = [...this.#waiting].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (!next) break;
      this.#waiting.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.act();
    }
    this.#now = end;
  }

  /** The wall clock moves and no timer runs: the machine slept. */
  sleep(ms: number): void {
    this.#now += ms;
  }
}
