import { KmsError, type Call } from 'kkp-plugin-kit';
import type { CallContext } from '../call-context.js';
import type { Clock } from '../clock.js';

/**
 * Runs one call of a backend and waits for it no longer than `timeoutMs` and no longer than the caller does,
 * whether or not the backend obeys its signal. Whatever it answers after that goes to `discard`.
 *
 * @throws KmsError `unavailable` when nobody waits any longer; anything that `run` throws
 */
export async function withDeadline<T>(
  run: (call: Call) => Promise<T>,
  limits: { readonly timeoutMs: number; readonly clock: Clock; readonly context: CallContext },
  discard: (late: T) => void = () => undefined,
): Promise<T> {
  const { timeoutMs, clock, context } = limits;
  const stop = new AbortController();
  const leave = () => stop.abort(new KmsError('unavailable', 'The caller has gone.', { side: 'caller' }));
  const expire = () => stop.abort(new KmsError('unavailable', `No answer within ${timeoutMs} ms.`));
  const timer = setTimeout(expire, timeoutMs);
  context.signal?.addEventListener('abort', leave, { once: true });
  try {
    if (context.signal?.aborted) leave();
    stop.signal.throwIfAborted();
    const call = {
      signal: stop.signal,
      deadline: clock.now() + timeoutMs,
      requestId: context.requestId,
    };
    return await Promise.race([abortOf(stop.signal), answerOf(run, call, discard)]);
  } finally {
    clearTimeout(timer);
    context.signal?.removeEventListener('abort', leave);
  }
}

/** An answer is late when the signal was aborted first; then the race is lost as well. */
async function answerOf<T>(
  run: (call: Call) => Promise<T>,
  call: Call,
  discard: (late: T) => void,
): Promise<T> {
  const answer = await run(call);
  if (call.signal.aborted) discard(answer);
  return answer;
}

function abortOf(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}
