import type { Caller } from '../callers/index.js';

/** Who asks, and what the request shows beside its body. */
export interface Asker {
  readonly caller: Caller;
  /** The connection's other end; absent for code of this process. */
  readonly address?: string;
  /** A KKP token from the `Authorization` header. */
  readonly token?: string;
}
