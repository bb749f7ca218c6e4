import { once } from 'node:events';
import { Agent, request, type IncomingMessage } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';

/** Requests that come at fixed times, whether or not the ones before were answered: a slow answer holds none back. */
export class PacedStream {
  readonly #agent = new Agent({ keepAlive: true });

  constructor(
    private readonly url: string,
    private readonly body: string,
    private readonly perSecond: number,
  ) {}

  /** Resolves when the last request of those seconds was answered. */
  async run(seconds: number): Promise<Answered> {
    const started = performance.now();
    const answers: Promise<[status: number, milliseconds: number]>[] = [];
    for (let count = 0; count < seconds * this.perSecond; count++) {
      const due = started + (count * 1000) / this.perSecond;
      await wait(Math.max(0, due - performance.now()));
      answers.push(this.#ask());
    }
    const all = await Promise.all(answers);
    return {
      latencies: all.map(([, milliseconds]) => milliseconds),
      statuses: new Set(all.map(([status]) => status)),
    };
  }

  close(): void {
    this.#agent.destroy();
  }

  async #ask(): Promise<[number, number]> {
    const started = performance.now();
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(this.body) };
    const asked = request(this.url, { method: 'POST', agent: this.#agent, headers }).end(this.body);
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    answer.resume();
    await once(answer, 'end');
    return [answer.statusCode ?? 0, performance.now() - started];
  }
}

export interface Answered {
  /** Milliseconds, in the order in which the requests were sent. */
  readonly latencies: readonly number[];
  readonly statuses: ReadonlySet<number>;
}
