import { Controller, Header, HttpCode, Inject, Post, UseFilters, UseGuards } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import {
  ApiBatch,
  ApiProblems,
  ApiShownToken,
  BatchRunner,
  Call,
  Performs,
  PerformsEach,
  performed,
  Permitted,
  PolicyGuard,
  ProblemFilter,
  type Asks,
  type BatchAnswer,
} from '../access/index.js';
import type { CallContext } from '../call-context.js';
import { DataKeyBody, DataKeyDto } from './data-key.dto.js';
import { GenerateDataKey } from './generate-data-key.js';

@ApiTags('data keys')
@Controller('datakey')
@UseGuards(PolicyGuard)
@UseFilters(ProblemFilter)
export class DataKeyController {
  constructor(
    @Inject(GenerateDataKey) private readonly generation: GenerateDataKey,
    @Inject(BatchRunner) private readonly batch: BatchRunner,
  ) {}

  @Post()
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @Performs(GenerateDataKey)
  @ApiShownToken()
  @ApiOperation({ operationId: 'generateDataKey', summary: 'A fresh data key, in an envelope and in clear' })
  @ApiBody({ type: DataKeyBody })
  @ApiOkResponse({ type: DataKeyDto })
  @ApiProblems('invalid_request', 'kms_error', 'policy_denied', 'payload_too_large', 'unsupported_media_type')
  @ApiProblems('unauthenticated', 'invalid_token', 'invalid_dpop_proof')
  @ApiProblems('rate_limited', 'kms_throttled', 'kms_failed', 'kms_unavailable')
  generate(
    @Permitted() permit: Parameters<GenerateDataKey['perform']>[0],
    @Call() call: CallContext,
  ): Promise<DataKeyDto> {
    return performed(this.generation, permit, call);
  }

  @Post('batch')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @PerformsEach(GenerateDataKey)
  @ApiShownToken()
  @ApiProblems('unauthenticated', 'invalid_dpop_proof')
  @ApiOperation({ operationId: 'generateDataKeys', summary: 'Many data keys, each as if asked for alone' })
  @ApiBatch(DataKeyBody, DataKeyDto)
  generateEach(
    @Permitted() asks: Asks<GenerateDataKey>,
    @Call() call: CallContext,
  ): Promise<BatchAnswer<DataKeyDto>> {
    return this.batch.run(this.generation, asks, call);
  }
}
