import type { Host, KmsBackend } from '../contract.js';

/** Administration of the service's keys, as far as a test may have it. Each member unlocks the rules that need it. */
export interface KeyAdmin {
  /** Makes a fresh, enabled key and gives its id. */
  createKey(): string | Promise<string>;
  /** Gives the key a new version that wraps from now on. */
  rotate?(keyId: string): unknown;
  disable?(keyId: string): unknown;
  /** Deletes the key, or schedules that where the service knows no more. */
  delete?(keyId: string): unknown;
  /** Makes the service stop answering until the returned function is called. */
  hang?(): () => void;
}

/** What `describeKmsBackend` needs to know of a backend. Make it with top-level await where that takes I/O. */
export interface Harness {
  /** A new connection, not opened yet, to the same service with the same keys each time. */
  connect(host: Host): KmsBackend;
  /** Two existing, enabled keys of equal capabilities. */
  readonly keyId: string;
  readonly otherKeyId: string;
  /** Well-formed, and no key has it. */
  readonly unknownKeyId: string;
  readonly admin?: KeyAdmin;
  /** Milliseconds within which an aborted call must have settled. Default 1000. */
  readonly promptMs?: number;
}
