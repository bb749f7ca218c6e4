import type { Call } from 'kkp-plugin-kit';
import { ended } from './errors.js';

const LONGEST_TIMER_MS = 2 ** 31 - 1;

export interface Limits {
  readonly call: Call;
  /** Aborted when the backend is closed. */
  readonly closed: AbortSignal;
  readonly now: number;
}

/**
 * Runs one request until it answers, its caller has gone, its deadline has passed or the backend is closed. The SDK
 * alone would wait longer: it obeys no signal while it looks for credentials. A late answer goes to `discard`.
 *
 * @throws KmsError `unavailable` when the wait ends without an answer; anything that `run` throws
 */
export async function withinLimits<T>(
  run: (signal: AbortSignal) => Promise<T>,
  { call, closed, now }: Limits,
  discard: (late: T) => void,
): Promise<T> {
  const left = Math.min(call.deadline - now, LONGEST_TIMER_MS);
  if (closed.aborted) throw ended('The backend is closed.');
  if (call.signal.aborted || left <= 0) throw ended('The call was aborted, or its deadline has passed.');
  const stop = new AbortController();
  const abort = (): void => stop.abort();
  const timer = setTimeout(abort, left);
  call.signal.addEventListener('abort', abort);
  closed.addEventListener('abort', abort);
  try {
    return await firstOf(run(stop.signal), stop.signal, discard);
  } finally {
    clearTimeout(timer);
    call.signal.removeEventListener('abort', abort);
    closed.removeEventListener('abort', abort);
  }
}

async function firstOf<T>(answer: Promise<T>, stop: AbortSignal, discard: (late: T) => void): Promise<T> {
  const stopped = new Promise<never>((_resolve, reject) => {
    stop.addEventListener('abort', () => reject(ended('The call was aborted, or its deadline has passed.')));
  });
  const checked = answer.then((value) => {
    if (stop.aborted) discard(value);
    return value;
  });
  return await Promise.race([checked, stopped]);
}
