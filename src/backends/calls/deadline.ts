import { isKmsError, KmsError, type Call } from 'kkp-plugin-kit';
import type { CallContext } from '../../call-context.js';
import type { Clock } from '../../clock.js';

export interface Limits {
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly context: CallContext;
}

/**
 * Lends `use` a call whose signal is aborted when its time has passed or its caller has gone. What `use` awaits has to
 * heed that signal.
 *
 * @throws KmsError `unavailable` when nobody waits to begin with; anything that `use` throws
 */
export async function withCall<T>(
  { timeoutMs, clock, context }: Limits,
  use: (call: Call) => Promise<T>,
): Promise<T> {
  const stop = new AbortController();
  const now = clock.now();
  const deadline = Math.min(now + timeoutMs, context.deadline ?? Infinity);
  const leave = () => stop.abort(whyGone(context.signal?.reason));
  const expire = () => stop.abort(new KmsError('unavailable', `No answer within ${timeoutMs} ms.`));
  const timer = setTimeout(expire, Math.max(deadline - now, 0));
  context.signal?.addEventListener('abort', leave, { once: true });
  try {
    if (context.signal?.aborted) leave();
    if (deadline <= now) expire();
    stop.signal.throwIfAborted();
    return await use({ signal: stop.signal, deadline, requestId: context.requestId });
  } finally {
    clearTimeout(timer);
    context.signal?.removeEventListener('abort', leave);
  }
}

/**
 * The outcome of `run`, or the signal's reason as soon as it is aborted, whether or not `run` obeys it. Whatever `run`
 * answers after that goes to `discard`.
 */
export async function untilAborted<T>(
  signal: AbortSignal,
  run: () => Promise<T>,
  discard: (late: T) => void = () => undefined,
): Promise<T> {
  signal.throwIfAborted();
  let stop = (): void => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => reject(signal.reason as Error);
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([aborted, answerOf(signal, run, discard)]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** The outcome of `run`, unless its caller goes first: then KmsError `unavailable`, by fault of the caller. */
export async function unlessGone<T>({ signal }: CallContext, run: () => Promise<T>): Promise<T> {
  if (!signal) return await run();
  try {
    return await untilAborted(signal, run);
  } catch (error) {
    throw signal.aborted ? whyGone(error) : error;
  }
}

/** A call of a single step. */
export const withDeadline = <T>(
  run: (call: Call) => Promise<T>,
  limits: Limits,
  discard?: (late: T) => void,
): Promise<T> => withCall(limits, (call) => untilAborted(call.signal, () => run(call), discard));

/** An answer is late when the signal was aborted first; then the race is lost as well. */
async function answerOf<T>(
  signal: AbortSignal,
  run: () => Promise<T>,
  discard: (late: T) => void,
): Promise<T> {
  const answer = await run();
  if (signal.aborted) discard(answer);
  return answer;
}

/** A caller that is a call itself says why it ended. */
const whyGone = (reason: unknown): KmsError =>
  isKmsError(reason) ? reason : new KmsError('unavailable', 'The caller has gone.', { side: 'caller' });
