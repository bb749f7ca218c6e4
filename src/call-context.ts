/** For whom something is done: its id for the logs, and a signal that is aborted when nobody waits any longer. */
export interface CallContext {
  readonly requestId: string;
  readonly signal?: AbortSignal;
}
