import type { LoggerService } from '@nestjs/common';
import { pino, type DestinationStream, type Logger } from 'pino';
import { describeError, type KkpLog } from '../log.js';

const QUIET_CONTEXTS = ['InstanceLoader', 'RoutesResolver', 'RouterExplorer', 'NestFactory'];

/** What these say of a failing start is also thrown, and reported by whoever catches it. */
const SILENT_CONTEXTS = ['ExceptionHandler', 'NestApplication'];

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
      const context = String(rest.at(-1));
      if (SILENT_CONTEXTS.includes(context)) return;
      if (level === 'info' && QUIET_CONTEXTS.includes(context)) return;
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
