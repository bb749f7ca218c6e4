import type { Caller, TokenScheme } from '../callers/index.js';
import type { Shown } from '../possession/index.js';

/** Who asks, and what the request shows beside its body. */
export interface Asker extends Shown {
  readonly caller: Caller;
  /** The connection's other end; absent for code of this process. */
  readonly address?: string;
  /** A KKP token from the `Authorization` header. */
  readonly token?: string;
  /** How it was shown there. */
  readonly scheme?: TokenScheme;
}
