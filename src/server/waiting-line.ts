import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';

/** Milliseconds since some moment, and what runs in the next turn of the event loop. */
export interface Turns {
  now(): number;
  nextTurn(run: () => void): void;
}

const eventLoop: Turns = { now: () => performance.now(), nextTurn: (run) => void setImmediate(run) };

interface Waiting {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly since: number;
}

/** No body comes with these, and little is to be done: keys for verifiers, and signs of life. */
const READS: readonly unknown[] = ['GET', 'HEAD'];

/**
 * Lets requests begin one by one, one in each turn of the event loop, so that between any two of them all connections are
 * looked at: what only reads is answered then, and a new connection is taken, of which Node takes one a turn. A request that
 * has waited too long is refused, as is whatever comes behind it, which costs little: nothing of it was parsed.
 *
 * Own code: @fastify/under-pressure 9.2 was measured. It watches the delay of the event loop by timers of that loop. At five
 * times of what the processor can do it refused 3 % and let the public keys wait for more than 5 s.
 */
export class WaitingLine {
  readonly #waiting: Waiting[] = [];
  readonly #limitMs: number;

  /** @param limitMs the longest wait in milliseconds; 0 for any */
  constructor(
    limitMs: number,
    private readonly begin: RequestListener,
    private readonly refuse: RequestListener,
    private readonly turns: Turns = eventLoop,
  ) {
    this.#limitMs = limitMs === 0 ? Infinity : limitMs;
  }

  take(request: IncomingMessage, response: ServerResponse): void {
    if (READS.includes(request.method)) {
      this.begin(request, response);
      return;
    }
    const [first] = this.#waiting;
    if (first && this.#isLate(first)) {
      this.refuse(request, response);
      return;
    }
    this.#waiting.push({ request, response, since: this.turns.now() });
    if (!first) this.turns.nextTurn(() => this.#next());
  }

  #next(): void {
    const waiting = this.#waiting.shift();
    if (this.#waiting.length > 0) this.turns.nextTurn(() => this.#next());
    if (!waiting) return;
    const { request, response } = waiting;
    if (this.#isLate(waiting) || request.socket.destroyed) this.refuse(request, response);
    else this.begin(request, response);
  }

  #isLate({ since }: Waiting): boolean {
    return this.turns.now() - since > this.#limitMs;
  }
}
