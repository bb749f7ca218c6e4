import { KmsError, type KmsErrorCode, type KmsErrorOptions } from 'kkp-plugin-kit';

export type RefusalReason = 'breaker-open' | 'queue-full' | 'queue-timeout';

/** A call that KKP did not let through to the key service. It is never retried, and is no call in the metrics. */
export class Refusal extends KmsError {
  constructor(
    readonly reason: RefusalReason,
    code: KmsErrorCode,
    message: string,
    options?: KmsErrorOptions,
  ) {
    super(code, message, options);
  }
}

export const queueTimeout = (): Refusal =>
  new Refusal('queue-timeout', 'throttled', 'The call had no turn in time.', { side: 'proxy' });
