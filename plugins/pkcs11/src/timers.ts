/** Waiting, so that tests need not. */
export interface Timers {
  /** Runs `act` after `ms`, unless the returned function is called before. */
  after(ms: number, act: () => void): () => void;
}

/** Timers that keep no process alive. */
export const unrefTimers: Timers = {
  after(ms, act) {
    const timer = setTimeout(act, ms).unref();
    return () => clearTimeout(timer);
  },
};
