import type { PortableBackend } from '../backends/index.js';
import type { CallContext } from '../call-context.js';
import type { Random } from '../random.js';
import { newDataKey, openDataKey, type DataKeyScope, type NewDataKey } from './data-key.js';
import type { DataKeyRecord } from './data-key-record.js';

/** Where messages get their data keys from. What it gives out belongs to the caller, who zeroes it. */
export interface DataKeySource {
  /** A data key for a message of `bytes`. @throws KmsError */
  forEncryption(
    backend: PortableBackend,
    scope: DataKeyScope,
    bytes: number,
    call: CallContext,
  ): Promise<NewDataKey>;
  /** The data key of a record. @throws KmsError; Error when what the backend opened is no data key */
  forDecryption(
    backend: PortableBackend,
    scope: DataKeyScope,
    record: DataKeyRecord,
    call: CallContext,
  ): Promise<Uint8Array>;
  /** Forgets what it keeps. */
  close(): void;
}

/** One call of the key service for each message. */
export class FreshDataKeys implements DataKeySource {
  constructor(private readonly random: Random) {}

  forEncryption(backend: PortableBackend, scope: DataKeyScope, _bytes: number, call: CallContext) {
    return newDataKey(backend, scope, this.random, call);
  }

  forDecryption(backend: PortableBackend, scope: DataKeyScope, record: DataKeyRecord, call: CallContext) {
    return openDataKey(backend, scope, record, call);
  }

  close(): void {
    // Keeps nothing.
  }
}
