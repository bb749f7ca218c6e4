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

const OWN_ERRORS = ['KkpError', 'KmsError', 'PolicyLoadError', 'ConfigError'];

/**
 * An error without its message, unless the message is ours: those of parsers and clients quote what they were given,
 * and that may be a plaintext or a token.
 */
export function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return typeof error === 'string' ? 'a string was thrown' : typeof error;
  const code: unknown = 'code' in error ? error.code : undefined;
  const frames = error.stack
    ?.split('\n')
    .filter((line) => /^\s+at /.test(line))
    .slice(0, 12);
  return {
    name: error.name,
    ...(typeof code === 'string' ? { code } : {}),
    ...(OWN_ERRORS.includes(error.name) ? { message: error.message } : {}),
    ...(error.cause === undefined ? {} : { cause: describeError(error.cause) }),
    stack: frames?.map((line) => line.trim()),
  };
}
