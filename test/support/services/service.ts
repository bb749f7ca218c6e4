import type { Fault, FaultProxy } from '../fault-proxy/index.js';

/** A key service at the wire, and a proxy of faults before it. */
export interface FaultyService {
  readonly proxy: FaultProxy;
  /** Kind and options of the backend that reaches the service through the proxy. */
  readonly backend: { readonly kind: string; readonly [option: string]: unknown };
  /** A key that wraps and opens, by its canonical id. */
  readonly keyId: string;
  /** The answer of another key than the one asked for. */
  readonly otherKey: Fault;
  /** An answer whose checksum is not that of its content, where the service has checksums. */
  readonly wrongChecksum?: Fault;
  stop(): Promise<void>;
}

export type StartService = () => Promise<FaultyService>;
