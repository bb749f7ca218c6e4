import { isKmsError, KmsError, type Call, type Host } from 'kkp-plugin-kit';
import { ModuleRefusal, type Answer, type Child } from './child.js';
import { isLost, unavailable } from './errors.js';
import { Keeper } from './keeper.js';
import type { Request } from './messages.js';
import type { Started, Starter } from './starter.js';
import type { Timers } from './timers.js';

interface Item {
  readonly request: Request;
  readonly parts: readonly Uint8Array[];
  /** Undefined when nobody waits any more. */
  settle: { resolve(answer: Answer): void; reject(error: KmsError): void } | undefined;
  again: boolean;
}

/** Hands requests to the module's process, as many at once as it has sessions; the others wait for their turn. */
export class Client {
  readonly #keeper: Keeper;
  readonly #timers: Timers;
  readonly #clock: Host['clock'];
  readonly #longestQueue: number;
  readonly #waiting: Item[] = [];
  #started: Started | undefined;
  /** The login of the process is lost: it gets no more requests, and is replaced when the last has ended. */
  #draining = false;
  #running = 0;
  #serial = '';
  #trouble: KmsError | undefined = unavailable('The backend is not open.');

  constructor(starter: Starter, host: Host, { timers, queue }: { timers: Timers; queue: number }) {
    this.#timers = timers;
    this.#clock = host.clock;
    this.#longestQueue = queue;
    this.#keeper = new Keeper(starter, host, timers, {
      ready: (started) => this.#ready(started),
      down: (trouble) => this.#down(trouble),
    });
  }

  /** Of the token; known from `open` on. */
  get serial(): string {
    return this.#serial;
  }

  async open(call: Call): Promise<void> {
    assertWanted(call, this.#clock.now());
    await this.#within(call, this.#keeper.open(), () => this.#keeper.abandon());
  }

  /** `parts` must stay as they are until this settles; they are neither kept nor changed. */
  async request<Op extends Request['op']>(
    request: Extract<Request, { op: Op }>,
    parts: readonly Uint8Array[],
    call: Call,
  ): Promise<Answer<Op>> {
    assertWanted(call, this.#clock.now());
    if (this.#trouble) throw this.#trouble;
    const item: Item = { request, parts, settle: undefined, again: false };
    const answer = new Promise<Answer>((resolve, reject) => (item.settle = { resolve, reject }));
    if (this.#waiting.length >= this.#longestQueue && !this.#hasRoom()) {
      throw new KmsError('throttled', 'Every session of the token is in use, and the queue is full.', {
        side: 'proxy',
      });
    }
    this.#waiting.push(item);
    this.#pump();
    return (await this.#within(call, answer, () => this.#leave(item))) as Answer<Op>;
  }

  async close(): Promise<void> {
    this.#down(unavailable('The backend is closed.'));
    await this.#keeper.close();
  }

  #ready(started: Started): void {
    this.#started = started;
    this.#serial = started.serial;
    this.#trouble = undefined;
    this.#draining = false;
    this.#running = 0;
    this.#pump();
  }

  #down(trouble: KmsError): void {
    this.#started = undefined;
    this.#trouble = trouble;
    for (const { settle } of this.#waiting.splice(0)) settle?.reject(trouble);
  }

  #hasRoom(): boolean {
    const { child, sessions = 0 } = this.#started ?? {};
    return child?.isOver === false && !this.#draining && this.#running < sessions;
  }

  #pump(): void {
    while (this.#hasRoom()) {
      const item = this.#waiting.shift();
      if (!item || !this.#started) return;
      void this.#run(item, this.#started.child);
    }
  }

  async #run(item: Item, child: Child): Promise<void> {
    this.#running += 1;
    try {
      const answer = await child.send(item.request, item.parts);
      if (item.settle) item.settle.resolve(answer);
      else for (const part of answer.parts) part.fill(0);
    } catch (error) {
      this.#failed(item, error, child);
    }
    if (this.#started?.child !== child) return;
    this.#running -= 1;
    if (this.#draining && this.#running === 0) this.#replace(child);
    this.#pump();
  }

  #failed(item: Item, error: unknown, child: Child): void {
    if (!(error instanceof ModuleRefusal)) {
      item.settle?.reject(isKmsError(error) ? error : unavailable('The process of the module failed.'));
      return;
    }
    const lost = isLost(error.failure);
    if (lost && this.#started?.child === child) this.#draining = true;
    if (!lost || item.again) {
      item.settle?.reject(error.toKmsError());
    } else if (item.settle) {
      item.again = true;
      this.#waiting.unshift(item);
    }
  }

  #replace(child: Child): void {
    this.#started = undefined;
    child.kill();
  }

  #leave(item: Item): void {
    item.settle = undefined;
    const at = this.#waiting.indexOf(item);
    if (at >= 0) this.#waiting.splice(at, 1);
  }

  /** Waits no longer than the call does; then `leave`. */
  async #within<T>(call: Call, work: Promise<T>, leave: () => void): Promise<T> {
    let stop = (): void => undefined;
    const stopped = new Promise<never>((_resolve, reject) => {
      stop = () => {
        reject(ended());
        leave();
      };
    });
    const left = Math.max(0, call.deadline - this.#clock.now());
    const cancel = this.#timers.after(Math.min(left, LONGEST_TIMER_MS), stop);
    call.signal.addEventListener('abort', stop, { once: true });
    try {
      return await Promise.race([work, stopped]);
    } finally {
      cancel();
      call.signal.removeEventListener('abort', stop);
    }
  }
}

const LONGEST_TIMER_MS = 2 ** 31 - 1;

function assertWanted({ signal, deadline }: Call, now: number): void {
  if (signal.aborted || deadline <= now) throw ended();
}

const ended = (): KmsError => unavailable('The call was aborted, or its deadline has passed.');
