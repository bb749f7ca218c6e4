import { Catch, Inject, Injectable, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { ERRORS } from '../errors.js';
import { KKP_LOG, type KkpLog } from '../log.js';
import { challengeFor } from './challenge.js';
import { logFault, PROBLEM_MEDIA_TYPE, retryAfterSeconds, toKkpError, toProblem } from './problem.js';
import { requestIdOf } from './request.js';

/** Turns whatever a route throws into a problem document. Bound to KKP's controllers, never to the host's. */
@Catch()
@Injectable()
export class ProblemFilter implements ExceptionFilter {
  constructor(
    @Inject(HttpAdapterHost) private readonly adapterHost: HttpAdapterHost,
    @Inject(KKP_LOG) private readonly log: KkpLog,
  ) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const response: unknown = http.getResponse();
    const requestId = requestIdOf(http.getRequest());
    const error = toKkpError(thrown);
    const { status } = ERRORS[error.code];
    logFault(this.log, error, requestId);
    const { httpAdapter } = this.adapterHost;
    if (httpAdapter.isHeadersSent(response)) return;
    httpAdapter.setHeader(response, 'Content-Type', PROBLEM_MEDIA_TYPE);
    httpAdapter.setHeader(response, 'Cache-Control', 'no-store');
    const challenge = challengeFor(error);
    if (challenge !== undefined) httpAdapter.setHeader(response, 'WWW-Authenticate', challenge);
    const seconds = retryAfterSeconds(error);
    if (seconds !== undefined) httpAdapter.setHeader(response, 'Retry-After', String(seconds));
    httpAdapter.reply(response, JSON.stringify(toProblem(error, requestId)), status);
  }
}
