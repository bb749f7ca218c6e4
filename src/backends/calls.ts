import { KmsError, type Call, type KmsErrorCode } from 'kkp-plugin-kit';
import type { Clock } from '../clock.js';
import type { CallContext } from '../call-context.js';
import { withDeadline } from './deadline.js';
import { asKmsError } from './kms-errors.js';

/** One finished call, for metrics. */
export interface CallEvent {
  readonly backend: string;
  readonly operation: 'wrapKey' | 'unwrapKey' | 'generateDataKey' | 'describeKey' | 'health';
  readonly code: 'ok' | KmsErrorCode;
  readonly seconds: number;
}

export interface CallOptions {
  readonly callTimeoutMs: number;
  readonly clock: Clock;
  readonly onCall: (event: CallEvent) => void;
  /** False before the backend was opened and after it was closed: no call reaches it then. */
  readonly isOpen: () => boolean;
}

/** Runs the calls of one backend: each has a deadline, is reported once, and rejects with `KmsError` only. */
export class BackendCalls {
  constructor(
    private readonly backend: string,
    private readonly options: CallOptions,
  ) {}

  /** An answer that comes too late goes to `discard`. */
  async run<T>(
    operation: CallEvent['operation'],
    context: CallContext,
    run: (call: Call) => Promise<T>,
    discard?: (late: T) => void,
  ): Promise<T> {
    const { clock, callTimeoutMs: timeoutMs, onCall, isOpen } = this.options;
    if (!isOpen()) throw new KmsError('unavailable', 'The backend is not open.', { side: 'proxy' });
    const started = clock.now();
    const report = (code: CallEvent['code']) =>
      onCall({ backend: this.backend, operation, code, seconds: (clock.now() - started) / 1000 });
    try {
      const answer = await withDeadline(run, { timeoutMs, clock, context }, discard);
      report('ok');
      return answer;
    } catch (error) {
      const failure = asKmsError(error);
      report(failure.code);
      throw failure;
    }
  }
}
