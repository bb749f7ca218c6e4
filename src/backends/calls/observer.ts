import type { KmsErrorCode } from 'kkp-plugin-kit';
import type { RefusalReason } from './refusal.js';
import type { RetryOutcome } from './retries.js';

export type KmsOperation = 'wrapKey' | 'unwrapKey' | 'generateDataKey' | 'rewrap' | 'describeKey' | 'health';

/** One attempt that reached a key service. A call that is retried is several of them; one that is refused is none. */
export interface CallEvent {
  readonly backend: string;
  readonly operation: KmsOperation;
  readonly code: 'ok' | KmsErrorCode;
  readonly seconds: number;
}

/** Who wants to know what happens to the calls of the backends, for metrics. */
export interface BackendObserver {
  onCall?(event: CallEvent): void;
  onRefused?(event: { readonly backend: string; readonly reason: RefusalReason }): void;
  onRetry?(event: { readonly backend: string; readonly outcome: RetryOutcome }): void;
  /** A miss is a call of the key service; whoever waits for the same one has a hit. */
  onDescribe?(event: { readonly backend: string; readonly result: 'hit' | 'miss' }): void;
}
