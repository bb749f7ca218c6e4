import type { LoggerService } from '@nestjs/common';
import { pino, type DestinationStream, type Logger } from 'pino';
import type { KkpLog } from '../log.js';

const QUIET_CONTEXTS = [
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'NestFactory',
  'NestApplication',
];

/** The server's log: one JSON object a line on standard output, with request ids and no secrets. */
export const createPino = (level: string, destination: DestinationStream = process.stdout): Logger =>
  pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      errorKey: 'error',
      serializers: { error: describeError },
    },
    destination,
  );

export const toKkpLog =
  (logger: Logger): KkpLog =>
  (level, message, fields = {}) =>
    logger[level](fields, message);

/** Nest's own messages, without its chatter about each route. */
export const toNestLogger = (logger: Logger): LoggerService => {
  const write =
    (level: 'debug' | 'info' | 'warn' | 'error') =>
    (message: unknown, ...rest: unknown[]) => {
      const context = rest.at(-1);
      if (level === 'info' && QUIET_CONTEXTS.includes(String(context))) return;
      const error = message instanceof Error ? { error: message } : {};
      logger[level]({ context, ...error }, message instanceof Error ? message.name : String(message));
    };
  return {
    log: write('info'),
    error: write('error'),
    warn: write('warn'),
    debug: write('debug'),
    verbose: write('debug'),
  };
};

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
