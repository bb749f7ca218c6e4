import { providerError } from './errors.js';
import type { MemoryService } from './service.js';
import type { Emulation } from './emulations/index.js';

/** What the owner of the emulated service can do to it. A KKP backend has no such rights; tests need them. */
export class MemoryAdmin {
  readonly #emulation: Emulation;
  readonly #service: MemoryService;
  #made = 0;

  constructor(emulation: Emulation, service: MemoryService) {
    this.#emulation = emulation;
    this.#service = service;
  }

  /** Makes a key, by default one with a fresh name, and gives its id back. */
  createKey(ref = `created-${++this.#made}`): string {
    this.#service.keys.create(this.#canonical(ref));
    return ref;
  }

  /** Adds a version, which wraps from now on. */
  rotate(ref: string): void {
    this.#service.keys.rotate(this.#canonical(ref));
  }

  enable(ref: string): void {
    this.#service.keys.setState(this.#canonical(ref), 'enabled');
  }

  disable(ref: string): void {
    this.#service.keys.setState(this.#canonical(ref), 'disabled');
  }

  /** As the provider does it: pending deletion (aws), destroyed (gcp), or gone (azure). */
  delete(ref: string): void {
    this.#service.keys.setState(this.#canonical(ref), 'deleted');
  }

  /** The service answers no call until the returned function is called. */
  hang(): () => void {
    return this.#service.hang();
  }

  #canonical(ref: string): string {
    const pin = this.#emulation.readKeyId(ref);
    if (!pin) throw providerError(this.#emulation.faults['malformed-key-id']);
    return pin.keyId;
  }
}
