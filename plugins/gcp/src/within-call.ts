import { isKmsError, type Call, type Host } from 'kkp-plugin-kit';
import { connectionError, refuse } from './errors.js';

/** Timers of more than 2^31 - 1 ms fire at once. */
const LONGEST_WAIT_MS = 2 ** 31 - 1;

/**
 * Waits for `work` until it ends, the call is aborted or its deadline has passed, whether or not `work` obeys its signal:
 * the sources of tokens obey none.
 *
 * @throws KmsError and nothing else
 */
export async function withinCall<T>(
  { signal, deadline }: Call,
  clock: Host['clock'],
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const left = deadline - clock.now();
  if (signal.aborted || left <= 0) throw ended();
  const stop = new AbortController();
  const abort = (): void => stop.abort();
  const timer = setTimeout(abort, Math.min(left, LONGEST_WAIT_MS));
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work(stop.signal), abortOf(stop.signal)]);
  } catch (error) {
    if (stop.signal.aborted) throw ended();
    throw isKmsError(error) ? error : connectionError(error);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  }
}

function abortOf(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(ended()), { once: true });
  });
}

const ended = () => refuse('unavailable', 'The call was aborted, or its deadline has passed.', 'proxy');
