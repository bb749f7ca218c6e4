import { Catch, Inject, Injectable, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { KKP_LOG, type KkpLog } from '../log.js';
import { routeFaceOf, type Face } from './face.js';
import { NATIVE } from './native-face.js';
import { logFault, toKkpError } from './problem.js';
import { rawRequest } from './request-facts.js';
import { requestIdOf } from './request.js';

/** Turns whatever a route throws into a problem document. Bound to KKP's controllers, never to the host's. */
@Catch()
@Injectable()
export class ProblemFilter implements ExceptionFilter {
  /** Of routes that name none. */
  protected readonly face: Face = NATIVE;

  constructor(
    @Inject(HttpAdapterHost) private readonly adapterHost: HttpAdapterHost,
    @Inject(KKP_LOG) private readonly log: KkpLog,
  ) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const response: unknown = http.getResponse();
    const request = http.getRequest<object>();
    const requestId = requestIdOf(request);
    const error = toKkpError(thrown);
    logFault(this.log, error, requestId);
    const { httpAdapter } = this.adapterHost;
    if (httpAdapter.isHeadersSent(response)) return;
    const face = routeFaceOf(request) ?? this.face;
    const { status, headers, body } = face.refusalOf(error, requestId, rawRequest(request).headers);
    for (const [name, value] of Object.entries(headers)) httpAdapter.setHeader(response, name, value);
    httpAdapter.reply(response, body, status);
  }
}
