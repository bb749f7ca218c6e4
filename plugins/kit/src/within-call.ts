import { setMaxListeners } from 'node:events';
import type { Call, Host } from './contract.js';
import { KmsError } from './errors.js';

/** Timers of more than 2^31 - 1 ms fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export interface WithinCallOptions<T> {
  /** Aborted when the backend is closed. */
  readonly closed?: AbortSignal;
  /** Gets an answer that comes when nobody waits any longer, to zero what is secret in it. */
  readonly discard?: (late: T) => void;
}

/**
 * Waits for `work` until it ends, the call is aborted, its deadline has passed or the backend is closed, whether or not
 * `work` obeys the signal that it is given: many a client obeys none while it looks for credentials.
 *
 * @throws KmsError `unavailable` of side `proxy` when the wait ends without an answer; whatever `work` throws
 */
export async function withinCall<T>(
  call: Call,
  clock: Host['clock'],
  work: (signal: AbortSignal) => Promise<T>,
  { closed, discard = () => undefined }: WithinCallOptions<T> = {},
): Promise<T> {
  const left = call.deadline - clock.now();
  const signals = closed ? [call.signal, closed] : [call.signal];
  if (left <= 0 || signals.some(({ aborted }) => aborted)) throw ended();
  const stop = new AbortController();
  const abort = (): void => stop.abort();
  const timer = setTimeout(abort, Math.min(left, LONGEST_TIMER_MS));
  // Every call that is under way listens; Node warns from the eleventh on.
  setMaxListeners(0, ...signals);
  for (const signal of signals) signal.addEventListener('abort', abort);
  try {
    // An abort wins over what `work` makes of it: answerOf takes a turn more.
    return await Promise.race([answerOf(work, stop.signal, discard), abortOf(stop.signal)]);
  } finally {
    clearTimeout(timer);
    for (const signal of signals) signal.removeEventListener('abort', abort);
  }
}

async function answerOf<T>(
  work: (signal: AbortSignal) => Promise<T>,
  stop: AbortSignal,
  discard: (late: T) => void,
): Promise<T> {
  const answer = await work(stop);
  if (stop.aborted) discard(answer);
  return answer;
}

function abortOf(stop: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    stop.addEventListener('abort', () => reject(ended()), { once: true });
  });
}

function ended(): KmsError {
  const text = 'The call was aborted, its deadline has passed, or the backend was closed.';
  return new KmsError('unavailable', text, { side: 'proxy' });
}
