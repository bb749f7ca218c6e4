/** How much longer than its deadline a call may take, in milliseconds. */
export const GRACE_MS = 100;

/** How a call ended: its value, its error, or that it had not ended `GRACE_MS` after its deadline. */
export type Ending<T> =
  | { readonly is: 'value'; readonly value: T }
  | { readonly is: 'error'; readonly error: unknown }
  | { readonly is: 'late' };

/**
 * Runs a call that has `deadlineMs`, and waits for it `GRACE_MS` longer. The wait is a timer of the event loop that the
 * deadline itself is on, begun after it: timers fire in the order in which they are due, so that a machine that stalls
 * holds both up, and only a call that truly waits longer is late.
 */
export async function withinDeadline<T>(deadlineMs: number, call: () => Promise<T>): Promise<Ending<T>> {
  const ending = call().then(
    (value): Ending<T> => ({ is: 'value', value }),
    (error: unknown): Ending<T> => ({ is: 'error', error }),
  );
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Ending<T>>((resolve) => {
    timer = setTimeout(() => resolve({ is: 'late' }), deadlineMs + GRACE_MS);
  });
  return await Promise.race([ending, late]).finally(() => clearTimeout(timer));
}
