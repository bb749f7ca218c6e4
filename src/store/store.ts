/** A value with the mark of its last change. */
export interface Versioned {
  /** Changes with every replacement; compared and never interpreted. */
  readonly revision: number;
  readonly value: Uint8Array;
}

/** A fact that is needed until a moment and forgotten after it. */
export interface StoredRecord {
  readonly id: string;
  readonly value: string;
  /** Unix seconds. */
  readonly neededUntil: number;
}

/**
 * Where state outlives its process. What a call has answered for is there after a crash, and a call that fails has
 * changed nothing. Private keys are sealed before they come here.
 */
export interface Store {
  /** @throws ConfigError when the place cannot be used, or another process uses it */
  open(): Promise<void>;
  load(name: string): Promise<Versioned | undefined>;
  /**
   * Replaces the value of revision `expected` (undefined: there is none yet).
   * @returns the new revision, or undefined when the value has another one; nothing is written then
   */
  replace(name: string, expected: number | undefined, value: Uint8Array): Promise<number | undefined>;
  /** Writes a record of a kind, in place of the one with its id. */
  put(kind: string, record: StoredRecord): Promise<void>;
  /** All records of a kind, in the order of their ids. */
  records(kind: string): Promise<readonly StoredRecord[]>;
  /** Drops the records of a kind that are needed no more at `now` (Unix seconds). */
  forget(kind: string, now: number): Promise<void>;
  /** May be called twice, and without `open`. */
  close(): Promise<void>;
}

/** The revision after a replacement of `expected`. */
export const nextRevision = (expected: number | undefined): number => (expected ?? 0) + 1;
