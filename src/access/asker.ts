import type { Caller } from '../callers/index.js';

/** Who asks, and what the request shows beside its body. */
export interface Asker {
  readonly caller: Caller;
  /** A KKP token from the `Authorization` header. */
  readonly token?: string;
}
