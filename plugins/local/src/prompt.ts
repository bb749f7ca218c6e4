import { refuse } from './errors.js';

/**
 * Waits for `work` no longer than until the signal is aborted: a file system on a network may not answer for minutes, and no
 * call to it can be taken back.
 *
 * @throws KmsError `unavailable` when aborted
 */
export async function promptly<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  if (signal.aborted) throw refuse('aborted');
  let leave: () => void = () => undefined;
  const left = new Promise<never>((_resolve, reject) => {
    leave = () => reject(refuse('aborted'));
  });
  signal.addEventListener('abort', leave, { once: true });
  try {
    return await Promise.race([left, work()]);
  } finally {
    signal.removeEventListener('abort', leave);
  }
}
