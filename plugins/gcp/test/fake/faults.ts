import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { GoogleError } from './google-error.js';

/** What the fake answers, before it is put on the wire. */
export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: object;
}

/** What goes wrong with one answer. `delay` answers late, and rightly. */
export type Fault =
  | { readonly kind: 'delay'; readonly ms: number }
  | { readonly kind: 'error'; readonly error: GoogleError }
  | {
      readonly kind: 'raw';
      readonly status: number;
      readonly text: string;
      readonly headers?: Record<string, string>;
    }
  | { readonly kind: 'change'; readonly change: (body: Record<string, unknown>) => unknown }
  | { readonly kind: 'reset' | 'hang' | 'half-answer' | 'drip' };

/** Faults for the next answers, first in first out. */
export class Faults {
  readonly #queue: Fault[] = [];
  readonly #timers = new Set<NodeJS.Timeout>();

  add(...faults: readonly Fault[]): void {
    this.#queue.push(...faults);
  }

  take(): Fault | undefined {
    return this.#queue.shift();
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer);
  }

  /** Sends `reply` as the fault spoils it. */
  async spoil(fault: Fault | undefined, response: ServerResponse, reply: Reply): Promise<void> {
    switch (fault?.kind) {
      case undefined:
        send(response, reply);
        return;
      case 'delay':
        await sleep(fault.ms);
        send(response, reply);
        return;
      case 'error':
        send(response, fault.error.reply);
        return;
      case 'change':
        send(response, {
          ...reply,
          body: fault.change(structuredClone(reply.body) as Record<string, unknown>) as object,
        });
        return;
      case 'raw':
        response.writeHead(fault.status, { 'content-type': 'text/html', ...fault.headers }).end(fault.text);
        return;
      case 'reset':
        response.socket?.resetAndDestroy();
        return;
      case 'hang':
        return;
      case 'half-answer':
        half(response, reply);
        return;
      case 'drip':
        response.writeHead(reply.status, { 'content-type': 'application/json' });
        this.#timers.add(setInterval(() => response.write(' '), 5).unref());
    }
  }
}

function half(response: ServerResponse, { status, body }: Reply): void {
  const text = JSON.stringify(body);
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': text.length });
  response.write(text.slice(0, text.length / 2), () => response.socket?.destroy());
}

function send(response: ServerResponse, { status, headers, body }: Reply): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=UTF-8', ...headers });
  response.end(JSON.stringify(body));
}
