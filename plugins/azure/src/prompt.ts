import { KmsError } from 'kkp-plugin-kit';

/**
 * Waits for `work` no longer than until the signal is aborted, whatever `work` makes of the signal: neither a credential
 * nor its token cache obeys one everywhere. What comes later goes to `discard`, or is forgotten when it is an error.
 *
 * @throws KmsError `unavailable` when aborted
 */
export async function promptly<T>(
  signal: AbortSignal,
  work: () => Promise<T>,
  discard: (late: T) => void = () => undefined,
): Promise<T> {
  if (signal.aborted) throw aborted();
  const { promise: left, reject: leave } = withRejection();
  const onAbort = () => leave(aborted());
  signal.addEventListener('abort', onAbort, { once: true });
  const answer = work();
  try {
    return await Promise.race([left, answer]);
  } catch (error) {
    void answer.then(discard, () => undefined);
    throw error;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

const aborted = (): KmsError => new KmsError('unavailable', 'The call was aborted.', { side: 'caller' });

function withRejection(): { promise: Promise<never>; reject: (reason: Error) => void } {
  let reject: (reason: Error) => void = () => undefined;
  const promise = new Promise<never>((_resolve, refuse) => {
    reject = refuse;
  });
  return { promise, reject };
}
