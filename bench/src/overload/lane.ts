import { connect, type Socket } from 'node:net';

/** What one answer was. Milliseconds from when the request was due, whenever it was sent. */
export interface Answer {
  readonly status: number;
  readonly milliseconds: number;
  readonly hasRetryAfter: boolean;
}

const HEAD_END = Buffer.from('\r\n\r\n');

/**
 * A connection with one request at a time, written and read by hand: a client of `node:http` would take as much of the machine
 * as the server under test. Answers must have a Content-Length.
 */
export class Lane {
  readonly #socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  #due = 0;
  #done: ((answer: Answer | undefined) => void) | undefined;
  isOpen = true;

  constructor(
    { hostname, port }: { readonly hostname: string; readonly port: string },
    private readonly owner: { idle(lane: Lane): void; closed(lane: Lane): void },
  ) {
    this.#socket = connect({ host: hostname, port: Number(port), noDelay: true });
    this.#socket.on('data', (chunk) => this.#read(chunk));
    this.#socket.on('error', () => this.#socket.destroy());
    this.#socket.on('close', () => this.#close());
  }

  /** @param done gets undefined when the connection ends without an answer */
  ask(bytes: Buffer, due: number, done: (answer: Answer | undefined) => void): void {
    this.#due = due;
    this.#done = done;
    this.#socket.write(bytes);
  }

  /** Ends the connection, as a client does that waits no longer. */
  end(): void {
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    const end = this.#received.indexOf(HEAD_END);
    if (end < 0) return;
    const head = this.#received.toString('latin1', 0, end).toLowerCase();
    const length = Number(/\r\ncontent-length: (\d+)/.exec(head)?.[1]);
    if (Number.isNaN(length)) throw new Error('An answer without Content-Length.');
    if (this.#received.length < end + HEAD_END.length + length) return;
    this.#received = Buffer.alloc(0);
    const done = this.#done;
    this.#done = undefined;
    done?.({
      status: Number(head.slice(9, 12)),
      milliseconds: performance.now() - this.#due,
      hasRetryAfter: head.includes('\r\nretry-after: '),
    });
    if (head.includes('\r\nconnection: close')) this.end();
    else this.owner.idle(this);
  }

  #close(): void {
    this.isOpen = false;
    this.owner.closed(this);
    this.#done?.(undefined);
    this.#done = undefined;
  }
}
