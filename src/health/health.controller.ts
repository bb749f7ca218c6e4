import { Controller, Get, HttpCode, Inject, Res, UseFilters } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { ApiOkResponse, ApiOperation, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import { ProblemFilter } from '../access/index.js';
import { KkpMetrics } from '../metrics.js';
import { ReadinessCheck } from './readiness.js';

const READINESS = {
  type: 'object',
  required: ['status', 'backends', 'policy', 'signing_keys', 'revocation_bound_seconds', 'caller_keys'],
  properties: {
    status: { enum: ['ready', 'degraded', 'unavailable'] },
    backends: { type: 'object', additionalProperties: { type: 'object' } },
    policy: { type: 'object', properties: { revision: { type: 'string' } } },
    signing_keys: { type: 'object', additionalProperties: { type: 'integer' } },
    revocation_bound_seconds: {
      type: 'object',
      properties: { here: { type: 'integer' }, offline: { type: 'integer' } },
    },
    caller_keys: {
      type: 'object',
      description: 'The keys of the issuers of callers.',
      additionalProperties: {
        type: 'object',
        required: ['status', 'failures'],
        properties: {
          status: { enum: ['held', 'missing'] },
          age_seconds: { type: 'integer' },
          failures: { type: 'integer' },
        },
      },
    },
  },
};

@ApiTags('operations')
@Controller()
@UseFilters(ProblemFilter)
export class HealthController {
  constructor(
    @Inject(ReadinessCheck) private readonly readiness: ReadinessCheck,
    @Inject(KkpMetrics) private readonly metrics: KkpMetrics,
    @Inject(HttpAdapterHost) private readonly adapterHost: HttpAdapterHost,
  ) {}

  @Get('livez')
  @HttpCode(200)
  @ApiOperation({ operationId: 'livez', summary: 'The process answers' })
  @ApiOkResponse({
    description: 'Alive.',
    schema: { type: 'object', properties: { status: { enum: ['alive'] } } },
  })
  livez(): { status: 'alive' } {
    return { status: 'alive' };
  }

  @Get('readyz')
  @ApiOperation({ operationId: 'readyz', summary: 'Backends, policy revision and signing keys' })
  @ApiOkResponse({
    description: 'Ready, or degraded: at least one backend answers, and callers can be let in.',
    schema: READINESS,
  })
  @ApiResponse({
    status: 503,
    description:
      'No backend answers, no key signs, no issuer of callers has ever given its keys, or the server is stopping.',
    schema: READINESS,
  })
  async readyz(@Res() response: unknown): Promise<void> {
    const state = await this.readiness.check();
    this.answer(
      response,
      state.status === 'unavailable' ? 503 : 200,
      'application/json',
      JSON.stringify(state),
    );
  }

  @Get('metrics')
  @ApiOperation({ operationId: 'metrics', summary: 'Metrics in the Prometheus text format' })
  @ApiProduces('text/plain')
  @ApiOkResponse({ description: 'Metrics.', schema: { type: 'string' } })
  async scrape(@Res() response: unknown): Promise<void> {
    this.answer(response, 200, this.metrics.registry.contentType, await this.metrics.registry.metrics());
  }

  private answer(response: unknown, status: number, type: string, body: string): void {
    const { httpAdapter } = this.adapterHost;
    httpAdapter.setHeader(response, 'Content-Type', type);
    httpAdapter.setHeader(response, 'Cache-Control', 'no-store');
    httpAdapter.reply(response, body, status);
  }
}
