const FIRST_CAPACITY = 4096;

/** Cuts chunks of any size into segments, and holds each full one back until it is known not to be the last. */
export class Segmenter {
  #buffer = new Uint8Array(FIRST_CAPACITY);
  #filled = 0;
  #limit: number;
  readonly #size: number;

  /** The first segment has `firstSize` bytes, each other one `size`. */
  constructor(firstSize: number, size: number) {
    this.#limit = firstSize;
    this.#size = size;
  }

  /** The segments that are now known not to be the last. Each is valid until the next one is taken. */
  *push(chunk: Uint8Array): Generator<Uint8Array<ArrayBuffer>> {
    for (let rest = chunk; rest.length > 0;) {
      if (this.#filled === this.#limit) {
        yield this.#buffer.subarray(0, this.#filled);
        this.#filled = 0;
        this.#limit = this.#size;
      }
      const part = rest.subarray(0, this.#limit - this.#filled);
      this.#reserve(this.#filled + part.length);
      this.#buffer.set(part, this.#filled);
      this.#filled += part.length;
      rest = rest.subarray(part.length);
    }
  }

  /** The last segment; empty when nothing was pushed. */
  last(): Uint8Array<ArrayBuffer> {
    return this.#buffer.subarray(0, this.#filled);
  }

  // Grows as needed, so that a small message does not cost a whole segment of memory.
  #reserve(length: number): void {
    if (length <= this.#buffer.length) return;
    const grown = new Uint8Array(Math.min(Math.max(length, 2 * this.#buffer.length), this.#size));
    grown.set(this.#buffer.subarray(0, this.#filled));
    this.#buffer = grown;
  }
}
