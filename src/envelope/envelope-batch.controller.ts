import { Controller, Header, HttpCode, Inject, Post, UseFilters, UseGuards } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import {
  ApiBatch,
  ApiProblems,
  ApiShownToken,
  BatchRunner,
  Call,
  PerformsEach,
  Permitted,
  PolicyGuard,
  ProblemFilter,
  type Asks,
  type BatchAnswer,
} from '../access/index.js';
import type { CallContext } from '../call-context.js';
import { Decrypt } from './decrypt.js';
import { Encrypt } from './encrypt.js';
import {
  DecryptBody,
  DecryptedDto,
  EncryptBody,
  EncryptedDto,
  RewrapBody,
  RewrappedDto,
} from './envelope.dto.js';
import { Rewrap } from './rewrap.js';

@ApiTags('envelopes')
@Controller('envelope')
@UseGuards(PolicyGuard)
@UseFilters(ProblemFilter)
export class EnvelopeBatchController {
  constructor(
    @Inject(BatchRunner) private readonly batch: BatchRunner,
    @Inject(Encrypt) private readonly encryption: Encrypt,
    @Inject(Decrypt) private readonly decryption: Decrypt,
    @Inject(Rewrap) private readonly rewrapping: Rewrap,
  ) {}

  @Post('encrypt/batch')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @PerformsEach(Encrypt)
  @ApiShownToken()
  @ApiProblems('unauthenticated', 'invalid_dpop_proof')
  @ApiOperation({ operationId: 'encryptEach', summary: 'Encrypt many, each as if asked for alone' })
  @ApiBatch(EncryptBody, EncryptedDto)
  encrypt(@Permitted() asks: Asks<Encrypt>, @Call() call: CallContext): Promise<BatchAnswer<EncryptedDto>> {
    return this.batch.run(this.encryption, asks, call);
  }

  @Post('decrypt/batch')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @PerformsEach(Decrypt)
  @ApiShownToken()
  @ApiProblems('invalid_dpop_proof')
  @ApiOperation({ operationId: 'decryptEach', summary: 'Open many envelopes, each as if asked for alone' })
  @ApiBatch(DecryptBody, DecryptedDto)
  decrypt(@Permitted() asks: Asks<Decrypt>, @Call() call: CallContext): Promise<BatchAnswer<DecryptedDto>> {
    return this.batch.run(this.decryption, asks, call);
  }

  @Post('rewrap/batch')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @PerformsEach(Rewrap)
  @ApiShownToken()
  @ApiProblems('invalid_dpop_proof')
  @ApiOperation({ operationId: 'rewrapEach', summary: 'Move many envelopes, each as if asked for alone' })
  @ApiBatch(RewrapBody, RewrappedDto)
  rewrap(@Permitted() asks: Asks<Rewrap>, @Call() call: CallContext): Promise<BatchAnswer<RewrappedDto>> {
    return this.batch.run(this.rewrapping, asks, call);
  }
}
