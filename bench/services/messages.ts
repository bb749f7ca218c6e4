import type { Fault } from '../../test/support/fault-proxy/index.js';

/** What a process of services tells once it is ready: of each, in the order that it was asked for. */
export interface Ready {
  readonly services: readonly {
    /** Kind and options of the backend, as the configuration has them. */
    readonly backend: { readonly kind: string; readonly [option: string]: unknown };
    readonly keyId: string;
  }[];
  /** Environment in which KKP finds the tokens of those who take none from the configuration. */
  readonly env: Readonly<Record<string, string>>;
}

/** The fault of all further requests to all services of the process. Answered by `done`. */
export interface SetFault {
  readonly fault: Fault;
}
