import { Socket } from 'node:net';
import { Worker } from 'node:worker_threads';
import { encodeFrame, FrameReader, type Frame } from '../frames.js';
import type { Reply, Request } from '../messages.js';
import type { Addon } from './cryptoki.js';
import { failureOf } from './failure.js';
import { load, type Loaded } from './load.js';

interface Answer {
  readonly ok: unknown;
  readonly parts?: readonly Uint8Array[];
}

/** The file descriptor on which KKP talks with this process. */
const CHANNEL = 3;

/** Serves KKP until it goes away. The only place that ever loads a module. */
export class Server {
  readonly #loadAddon: () => Promise<Addon>;
  readonly #channel = new Socket({ fd: CHANNEL, allowHalfOpen: true });
  readonly #frames = new FrameReader();
  #loaded: Loaded | undefined;
  #running = 0;

  constructor(loadAddon: () => Promise<Addon>) {
    this.#loadAddon = loadAddon;
    this.#channel.on('data', (chunk: Buffer) => {
      for (const frame of this.#frames.take(chunk)) void this.#serve(frame);
    });
    this.#channel.on('error', () => this.#end());
    this.#channel.on('end', () => this.#end());
    new Worker(new URL('./watch-parent.js', import.meta.url), { workerData: process.ppid }).unref();
  }

  async #serve({ id, body, parts }: Frame): Promise<void> {
    const buffers = parts.map((part) => Buffer.from(part.buffer, part.byteOffset, part.length));
    this.#running += 1;
    let answer: Answer | undefined;
    try {
      answer = await this.#run(body as Request, buffers);
      this.#reply(id, { ok: answer.ok }, answer.parts);
    } catch (error) {
      const { call, name, detail } = failureOf('worker', error);
      this.#reply(id, { failure: { call, name, ...(detail !== undefined && { detail }) } });
    } finally {
      this.#running -= 1;
      for (const buffer of [...buffers, ...(answer?.parts ?? [])]) buffer.fill(0);
    }
  }

  async #run(request: Request, [first = NONE, second = NONE, aad = NONE]: Buffer[]): Promise<Answer> {
    if (request.op === 'start') {
      this.#loaded = await load(request, first.toString('utf8'), this.#loadAddon);
      const { token, sessions } = this.#loaded;
      return { ok: { serial: token.serial, sessions: sessions.size } };
    }
    if (this.#loaded === undefined) throw new Error('not started');
    const { operations } = this.#loaded;
    switch (request.op) {
      case 'wrap': {
        const input = { plaintext: first, iv: second, aad };
        const { version, ciphertext, iv } = await operations.wrap(request.label, input);
        return { ok: { version }, parts: [ciphertext, iv] };
      }
      case 'unwrap': {
        const input = { ciphertext: first, iv: second, aad };
        const { stale, plaintext } = await operations.unwrap(request.label, request.version, input);
        return { ok: { stale }, parts: [plaintext] };
      }
      case 'describe':
        return { ok: await operations.describe(request.label) };
      case 'probe':
        return { ok: await operations.probe() };
    }
  }

  #reply(id: number, body: Reply, parts: readonly Uint8Array[] = []): void {
    const frame = encodeFrame({ id, body, parts });
    this.#channel.write(frame, () => frame.fill(0));
  }

  /** Leaves by a signal: exit would wait for a thread that hangs in the module. */
  #end(): void {
    try {
      if (this.#running === 0) this.#loaded?.token.finalize();
    } finally {
      process.kill(process.pid, 'SIGKILL');
    }
  }
}

const NONE = Buffer.alloc(0);
