import type { KmsPlugin } from 'kkp-plugin-kit';
import type { Fault, FaultProxy } from '../../support/fault-proxy/index.js';

/** A key service at the wire, a proxy of faults before it, and the plugin whose real client goes through that proxy. */
export interface FaultyService {
  readonly proxy: FaultProxy;
  readonly plugin: KmsPlugin;
  /** A key that wraps and opens, by an id that needs no look-up. */
  readonly keyId: string;
  /** The answer of another key than the one asked for. */
  readonly otherKey: Fault;
  stop(): Promise<void>;
}

/** `name`: the backend's. */
export type StartService = (name: string) => Promise<FaultyService>;
