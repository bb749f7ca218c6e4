import { spawn, type ChildProcess } from 'node:child_process';
import type { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { toKmsError, unavailable } from './errors.js';
import { encodeFrame, FrameReader, type Frame } from './frames.js';
import type { Failure, Reply, Request, Results } from './messages.js';
import type { Timers } from './timers.js';

export interface Answer<Op extends Request['op'] = Request['op']> {
  readonly result: Results[Op];
  /** The receiver zeroes them when they are secret. */
  readonly parts: readonly Uint8Array[];
}

/** The module refused; what that means is for the caller to say. */
export class ModuleRefusal extends Error {
  constructor(readonly failure: Failure) {
    super('The module refused.');
  }

  toKmsError() {
    return toKmsError(this.failure);
  }
}

export interface ChildSettings {
  /** The file that the process runs. */
  readonly worker: URL;
  readonly env: Readonly<Record<string, string>>;
  readonly hungMs: number;
  readonly timers: Timers;
}

interface Pending {
  resolve(answer: Answer): void;
  reject(error: Error): void;
  readonly cancel: () => void;
}

const CHANNEL = 3;
const FAREWELL_MS = 1000;

/** One process with the module in it. Whatever ends it, a crash included, ends every request in it at once. */
export class Child {
  readonly ended: Promise<void>;
  readonly #process: ChildProcess;
  readonly #channel: Duplex;
  readonly #settings: ChildSettings;
  readonly #pending = new Map<number, Pending>();
  readonly #frames = new FrameReader();
  #lastId = 0;
  #isOver = false;

  constructor(settings: ChildSettings) {
    this.#settings = settings;
    this.#process = spawn(process.execPath, [fileURLToPath(settings.worker)], {
      env: settings.env,
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    });
    this.#channel = this.#process.stdio[CHANNEL] as Duplex;
    this.ended = new Promise((resolve) => {
      const over = (): void => {
        this.#end();
        resolve();
      };
      this.#process.once('exit', over);
      this.#process.once('error', over);
    });
    this.#channel.on('data', (chunk: Buffer) => this.#take(chunk));
    this.#channel.on('error', () => this.kill());
    this.#channel.on('close', () => this.kill());
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** How it ended, once it has. */
  get cause(): string {
    const { exitCode, signalCode } = this.#process;
    return signalCode ?? (exitCode === null ? 'not started' : `exit code ${exitCode}`);
  }

  /** @throws ModuleRefusal, or KmsError `unavailable` when the process ends before it answers */
  send<Op extends Request['op']>(
    request: Extract<Request, { op: Op }>,
    parts: readonly Uint8Array[] = [],
  ): Promise<Answer<Op>> {
    if (this.#isOver) return Promise.reject(gone());
    const id = ++this.#lastId;
    const answer = new Promise<Answer>((resolve, reject) => {
      const cancel = this.#settings.timers.after(this.#settings.hungMs, () => this.kill());
      this.#pending.set(id, { resolve, reject, cancel });
    });
    const frame = encodeFrame({ id, body: request, parts });
    this.#channel.write(frame, () => frame.fill(0));
    return answer as Promise<Answer<Op>>;
  }

  kill(): void {
    this.#process.kill('SIGKILL');
  }

  /** Lets the module end its sessions, if it does so soon. */
  async close(): Promise<void> {
    const cancel = this.#settings.timers.after(FAREWELL_MS, () => this.kill());
    this.#channel.end();
    await this.ended;
    cancel();
  }

  #take(chunk: Buffer): void {
    try {
      for (const frame of this.#frames.take(chunk)) this.#settle(frame);
    } catch {
      this.kill();
    }
  }

  #settle({ id, body, parts }: Frame): void {
    const pending = this.#pending.get(id);
    if (!pending) return;
    this.#pending.delete(id);
    pending.cancel();
    const reply = body as Reply;
    if ('failure' in reply) pending.reject(new ModuleRefusal(reply.failure));
    else pending.resolve({ result: reply.ok as Answer['result'], parts });
  }

  #end(): void {
    this.#isOver = true;
    this.#channel.destroy();
    for (const pending of this.#pending.values()) {
      pending.cancel();
      pending.reject(gone());
    }
    this.#pending.clear();
  }
}

const gone = () => unavailable('The process of the module ended.');
