import { Controller, Header, HttpCode, Inject, Post, UseFilters, UseGuards } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiProblems, Call, Performs, Permitted, PolicyGuard, ProblemFilter } from '../access/index.js';
import type { CallContext } from '../call-context.js';
import { Decrypt } from './decrypt.js';
import { Encrypt } from './encrypt.js';
import { DecryptBody, DecryptedDto, EncryptBody, EncryptedDto } from './envelope.dto.js';

@ApiTags('envelopes')
@Controller('envelope')
@UseGuards(PolicyGuard)
@UseFilters(ProblemFilter)
export class EnvelopeController {
  constructor(
    @Inject(Encrypt) private readonly encryption: Encrypt,
    @Inject(Decrypt) private readonly decryption: Decrypt,
  ) {}

  @Post('encrypt')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @Performs(Encrypt)
  @ApiOperation({ operationId: 'encrypt', summary: 'Encrypt under a fresh data key' })
  @ApiBody({ type: EncryptBody })
  @ApiOkResponse({ type: EncryptedDto })
  @ApiProblems('invalid_request', 'kms_error', 'policy_denied', 'payload_too_large', 'unsupported_media_type')
  @ApiProblems('kms_throttled', 'kms_failed', 'kms_unavailable')
  encrypt(
    @Permitted() permit: Parameters<Encrypt['perform']>[0],
    @Call() call: CallContext,
  ): Promise<EncryptedDto> {
    return this.encryption.perform(permit, call);
  }

  @Post('decrypt')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @Performs(Decrypt)
  @ApiOperation({ operationId: 'decrypt', summary: 'Open an envelope with a token for its key' })
  @ApiBody({ type: DecryptBody })
  @ApiOkResponse({ type: DecryptedDto })
  @ApiProblems('invalid_request', 'envelope_error', 'kms_error', 'invalid_token', 'policy_denied')
  @ApiProblems(
    'payload_too_large',
    'unsupported_media_type',
    'kms_throttled',
    'kms_failed',
    'kms_unavailable',
  )
  decrypt(
    @Permitted() permit: Parameters<Decrypt['perform']>[0],
    @Call() call: CallContext,
  ): Promise<DecryptedDto> {
    return this.decryption.perform(permit, call);
  }
}
