import { isKmsError, KmsError, type Host } from 'kkp-plugin-kit';
import type { Child } from './child.js';
import { unavailable } from './errors.js';
import type { Started, Starter } from './starter.js';
import type { Timers } from './timers.js';

/** A process that lived this long failed for once: the next one is started at once. */
const SETTLED_MS = 60_000;
const BACK_OFF_MS = { least: 500, most: 30_000 };

interface KeeperEvents {
  /** There is a process to use. */
  ready(started: Started): void;
  /** There is none, and none is being started before some time has passed. */
  down(trouble: KmsError): void;
}

/** Keeps one process running: the next starts at once, or after a pause when the last did not live long. */
export class Keeper {
  readonly #starter: Starter;
  readonly #host: Host;
  readonly #timers: Timers;
  readonly #events: KeeperEvents;
  #child: Child | undefined;
  #closed = false;
  #failures = 0;
  #cancelRestart: () => void = () => undefined;

  constructor(starter: Starter, host: Host, timers: Timers, events: KeeperEvents) {
    this.#starter = starter;
    this.#host = host;
    this.#timers = timers;
    this.#events = events;
  }

  /** The first start: a failure is for the caller. */
  async open(): Promise<void> {
    this.#watch(await this.#start());
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelRestart();
    await this.#child?.close();
  }

  /** Gives up a start that nobody waits for any more. */
  abandon(): void {
    this.#closed = true;
    this.#child?.kill();
  }

  async #start(): Promise<Started> {
    const started = await this.#starter.start((child) => {
      this.#child = child;
      if (this.#closed) child.kill();
    });
    if (this.#closed) {
      started.child.kill();
      throw unavailable('The backend is closed.');
    }
    return started;
  }

  #watch(started: Started): void {
    const since = this.#host.clock.now();
    const { child } = started;
    this.#host.log('info', 'The process of the PKCS#11 module is ready.', {
      pid: child.pid,
      sessions: started.sessions,
    });
    void child.ended.then(() => {
      if (this.#closed) return;
      if (this.#host.clock.now() - since >= SETTLED_MS) this.#failures = 0;
      this.#host.log('warn', 'The process of the PKCS#11 module ended.', {
        pid: child.pid,
        cause: child.cause,
      });
      this.#again(unavailable('The process of the module ended.'));
    });
    this.#events.ready(started);
  }

  /** The first restart waits for nothing. */
  #again(trouble: KmsError): void {
    const pause =
      this.#failures === 0 ? 0 : Math.min(BACK_OFF_MS.least * 2 ** (this.#failures - 1), BACK_OFF_MS.most);
    this.#failures += 1;
    if (pause === 0) {
      void this.#restart();
      return;
    }
    this.#events.down(trouble);
    this.#cancelRestart = this.#timers.after(pause, () => void this.#restart());
  }

  async #restart(): Promise<void> {
    try {
      this.#watch(await this.#start());
    } catch (error) {
      if (this.#closed) return;
      const trouble = isKmsError(error)
        ? error
        : new KmsError('unavailable', 'The module did not start.', { cause: error });
      this.#host.log('error', 'The process of the PKCS#11 module did not start.', {
        code: trouble.code,
        reason: trouble.message,
        providerCode: trouble.providerCode,
      });
      this.#again(trouble);
    }
  }
}
