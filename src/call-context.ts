/** For whom something is done: its id for the logs, and a signal that is aborted when nobody waits any longer. */
export interface CallContext {
  readonly requestId: string;
  readonly signal?: AbortSignal;
  /** Unix time in milliseconds after which nobody waits, where that is sooner than the callee's own limit. */
  readonly deadline?: number;
  /** Those who may share cached data keys. Without one nothing is shared. */
  readonly partition?: string;
}
