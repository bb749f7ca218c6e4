import { setTimeout as wait } from 'node:timers/promises';
import { Lane } from './lane.js';

/** Requests that come at a steady rate, whatever becomes of those before. */
export interface Stream {
  readonly url: string;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly perSecond: number;
  /** The most connections. A request that finds none free waits for one, and its time counts. */
  readonly sockets: number;
  /** After so many milliseconds a client gives up, and closes its connection. */
  readonly patienceMs: number;
}

export interface Outcome {
  /** Milliseconds from when each was due to its answer, of those with 2xx. */
  readonly good: readonly number[];
  /** Answers by status, and requests without one: `late` when the client gave up, `broken` when the server closed. */
  readonly counts: Readonly<Record<string, number>>;
  /** Answers 429 and 503 that did not say when to try again. */
  readonly withoutRetryAfter: number;
}

interface Pending {
  readonly due: number;
  lane?: Lane;
  isDone: boolean;
}

const TICK_MS = 1;

/** Resolves when every request of those seconds was answered or given up. */
export async function run(stream: Stream, seconds: number): Promise<Outcome> {
  const load = new Load(stream);
  const started = performance.now();
  const total = Math.round(seconds * stream.perSecond);
  for (let sent = 0; sent < total || load.isBusy;) {
    const now = performance.now();
    for (; sent < total && started + (sent * 1000) / stream.perSecond <= now; sent++) {
      load.request(started + (sent * 1000) / stream.perSecond);
    }
    load.giveUp(now);
    await wait(TICK_MS);
  }
  return load.close();
}

/** Answers a second when each of the connections sends its next request as soon as the one before was answered. */
export async function capacity(stream: Stream, connections: number, seconds: number): Promise<number> {
  const bytes = bytesOf(stream);
  const end = performance.now() + seconds * 1000;
  let good = 0;
  const use = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const next = (lane: Lane): void => {
        if (performance.now() >= end) lane.end();
        else
          lane.ask(bytes, performance.now(), (answer) => {
            if (answer?.status === 200) good += 1;
            else reject(new Error(`A request below capacity was answered ${answer?.status}.`));
          });
      };
      next(new Lane(new URL(stream.url), { idle: next, closed: () => resolve() }));
    });
  await Promise.all(Array.from({ length: connections }, use));
  return good / seconds;
}

class Load {
  readonly #bytes: Buffer;
  readonly #idle: Lane[] = [];
  readonly #lanes = new Set<Lane>();
  readonly #waiting: Pending[] = [];
  /** In the order in which they are due, so that those who wait longest come first. */
  readonly #pending: Pending[] = [];
  readonly #good: number[] = [];
  readonly #counts: Record<string, number> = {};
  #withoutRetryAfter = 0;

  constructor(private readonly stream: Stream) {
    this.#bytes = bytesOf(stream);
  }

  get isBusy(): boolean {
    return this.#pending.length > 0;
  }

  request(due: number): void {
    const pending = { due, isDone: false };
    this.#pending.push(pending);
    this.#waiting.push(pending);
    this.#serve();
  }

  giveUp(now: number): void {
    for (let [oldest] = this.#pending; oldest; [oldest] = this.#pending) {
      if (!oldest.isDone && oldest.due + this.stream.patienceMs > now) return;
      this.#pending.shift();
      if (oldest.isDone) continue;
      this.#finish(oldest, 'late');
      oldest.lane?.end();
    }
  }

  close(): Outcome {
    this.#waiting.length = 0;
    for (const lane of this.#lanes) lane.end();
    return { good: this.#good, counts: this.#counts, withoutRetryAfter: this.#withoutRetryAfter };
  }

  #serve(): void {
    while (this.#waiting.length > 0) {
      const lane = this.#free();
      if (!lane) return;
      const pending = this.#waiting.shift()!;
      if (pending.isDone) {
        this.#idle.push(lane);
        continue;
      }
      pending.lane = lane;
      lane.ask(this.#bytes, pending.due, (answer) => {
        if (pending.isDone) return;
        this.#finish(pending, answer ? String(answer.status) : 'broken');
        if (!answer) return;
        const { status, milliseconds, hasRetryAfter } = answer;
        if (status >= 200 && status < 300) this.#good.push(milliseconds);
        if ((status === 429 || status === 503) && !hasRetryAfter) this.#withoutRetryAfter += 1;
      });
    }
  }

  #free(): Lane | undefined {
    for (let lane = this.#idle.pop(); lane; lane = this.#idle.pop()) if (lane.isOpen) return lane;
    if (this.#lanes.size >= this.stream.sockets) return undefined;
    const lane = new Lane(new URL(this.stream.url), {
      idle: (free) => {
        this.#idle.push(free);
        this.#serve();
      },
      closed: (ended) => {
        this.#lanes.delete(ended);
        this.#serve();
      },
    });
    this.#lanes.add(lane);
    return lane;
  }

  #finish(pending: Pending, what: string): void {
    pending.isDone = true;
    this.#counts[what] = (this.#counts[what] ?? 0) + 1;
  }
}

function bytesOf({ url, method, path, body, headers }: Stream): Buffer {
  const { host } = new URL(url);
  const all = {
    host,
    ...headers,
    ...(body !== undefined && {
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(body)),
    }),
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body ?? ''}`);
}
