import type { ServerResponse } from 'node:http';
import type { Reply } from './reply.js';

/** What goes wrong with one answer. */
export type Fault =
  | { readonly kind: 'reply'; readonly reply: Reply }
  | { readonly kind: 'raw'; readonly status: number; readonly text: string }
  | { readonly kind: 'reset' | 'hang' | 'half-answer' | 'drip' }
  | { readonly kind: 'change'; readonly change: (body: Record<string, unknown>) => unknown };

interface Queued {
  readonly on: RegExp;
  readonly fault: Fault;
}

/** Faults wait for the next request to their path, first in first out. */
export class Faults {
  readonly #queue: Queued[] = [];
  readonly #timers = new Set<NodeJS.Timeout>();

  add(on: RegExp, fault: Fault): void {
    this.#queue.push({ on, fault });
  }

  take(path: string): Fault | undefined {
    const at = this.#queue.findIndex(({ on }) => on.test(path));
    return at < 0 ? undefined : this.#queue.splice(at, 1)[0]?.fault;
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer);
  }

  /** Sends `reply` as the fault spoils it. */
  spoil(fault: Fault, response: ServerResponse, reply: Reply): void {
    const text = JSON.stringify(reply.body ?? {});
    switch (fault.kind) {
      case 'reply': {
        send(response, fault.reply);
        return;
      }
      case 'change': {
        send(response, {
          ...reply,
          body: fault.change(structuredClone(reply.body) as Record<string, unknown>),
        });
        return;
      }
      case 'raw':
        response.writeHead(fault.status, { 'content-type': 'text/html' }).end(fault.text);
        return;
      case 'reset':
        response.socket?.resetAndDestroy();
        return;
      case 'hang':
        return;
      case 'half-answer':
        response.writeHead(reply.status, {
          'content-type': 'application/json',
          'content-length': text.length,
        });
        response.write(text.slice(0, text.length / 2), () => response.socket?.destroy());
        return;
      case 'drip':
        response.writeHead(reply.status, { 'content-type': 'application/json' });
        this.#timers.add(setInterval(() => response.write(' '), 5).unref());
    }
  }
}

export function send(response: ServerResponse, { status, headers, body }: Reply): void {
  const content = body === undefined ? undefined : JSON.stringify(body);
  response.writeHead(status, { ...(content && { 'content-type': 'application/json' }), ...headers });
  response.end(content);
}
