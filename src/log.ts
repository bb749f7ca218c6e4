/**
 * The log that KKP writes to: a message and fields that hold names, codes and counts. Never a plaintext, a token, a
 * data key, an envelope or a claim.
 */
export type KkpLog = (
  level: 'debug' | 'info' | 'warn' | 'error',
  message: string,
  fields?: Readonly<Record<string, unknown>>,
) => void;

export const KKP_LOG = Symbol('KKP_LOG');
