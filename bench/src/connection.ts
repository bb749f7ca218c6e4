import { once } from 'node:events';
import { Agent, request, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';

/** One answer; times in milliseconds since this process began. */
export interface Answered {
  readonly status: number;
  readonly body: string;
  readonly sentAt: number;
  readonly answeredAt: number;
}

/** One connection that is kept, with one request at a time. */
export class Connection {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });

  constructor(
    private readonly url: string,
    private readonly headers: Readonly<Record<string, string>> = {},
  ) {}

  async post(path: string, body: object): Promise<Answered> {
    const json = JSON.stringify(body);
    const headers = {
      ...this.headers,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(json),
    };
    const sentAt = performance.now();
    const asked = request(this.url + path, { method: 'POST', agent: this.#agent, headers }).end(json);
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    return {
      status: answer.statusCode ?? 0,
      body: await text(answer),
      sentAt,
      answeredAt: performance.now(),
    };
  }

  /** The members of the answer. @throws Error unless it is a 200 */
  async want<T extends object>(path: string, body: object): Promise<T> {
    const answer = await this.post(path, body);
    if (answer.status !== 200) throw new Error(`${path} answered ${answer.status}: ${answer.body}`);
    return JSON.parse(answer.body) as T;
  }

  close(): void {
    this.#agent.destroy();
  }
}
