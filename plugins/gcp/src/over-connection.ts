import { isKmsError, withinCall, type Call, type Host } from 'kkp-plugin-kit';
import { connectionError } from './errors.js';

/**
 * Waits for `work` within the limits of the call, whether or not it obeys its signal: the sources of tokens obey none. What
 * fails with no error of ours is the connection.
 *
 * @throws KmsError and nothing else
 */
export async function overConnection<T>(
  call: Call,
  clock: Host['clock'],
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  return await withinCall(call, clock, async (signal) => {
    try {
      return await work(signal);
    } catch (error) {
      throw isKmsError(error) ? error : connectionError(error);
    }
  });
}
