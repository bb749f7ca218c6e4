import { once, setMaxListeners } from 'node:events';
import { Agent, createServer, request as ask, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import type { Reply } from './exchange.js';
import { NO_FAULT, type Fault } from './fault.js';
import { answer } from './manners.js';

/** An HTTP/1.1 proxy on loopback between a client and one service. It does to each request what its fault says. */
export class FaultProxy {
  /** Requests that have come in. */
  requests = 0;
  /** The fault of every request that has none of its own. */
  standing: Fault = NO_FAULT;
  readonly #next: Fault[] = [];
  readonly #target: URL;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #stopped = new AbortController();
  readonly #server = createServer((request, response) => void this.#serve(request, response));

  private constructor(target: string) {
    this.#target = new URL(target);
    // One for each request that is held back.
    setMaxListeners(0, this.#stopped.signal);
  }

  /** `target`: where the service listens, for example `http://127.0.0.1:8200`. */
  static async start(target: string): Promise<FaultProxy> {
    const proxy = new FaultProxy(target);
    await once(proxy.#server.listen(0, '127.0.0.1'), 'listening');
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Each fault is for one request, in this order, and goes before the standing one. */
  next(...faults: readonly Fault[]): void {
    this.#next.push(...faults);
  }

  /** From here on all goes well. Requests that have met a fault keep it. */
  lift(): void {
    this.standing = NO_FAULT;
    this.#next.length = 0;
  }

  /** Closes every connection, whatever happens on it. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    this.#agent.destroy();
    const closed = once(this.#server.close(), 'close');
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.requests += 1;
    const fault = this.#next.shift() ?? this.standing;
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const { signal } = this.#stopped;
    try {
      const body = await buffer(request);
      const forward = () => this.#forward(request, body, gone.signal);
      await answer({ response, forward, pause: (ms) => wait(ms, undefined, { signal }) }, fault);
    } catch {
      // The client, the service or the proxy itself has gone: there is nobody to answer, or nothing.
      response.destroy();
    }
  }

  async #forward({ method, url, headers }: IncomingMessage, body: Buffer, gone: AbortSignal): Promise<Reply> {
    const { hostname: host, port } = this.#target;
    const options = { host, port, method, path: url, headers, agent: this.#agent, signal: gone };
    const [reply] = (await once(ask(options).end(body), 'response')) as [IncomingMessage];
    return { status: reply.statusCode ?? 502, headers: reply.headers, body: await buffer(reply) };
  }
}
