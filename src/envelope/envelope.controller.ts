import { Controller, Header, HttpCode, Inject, Post, UseFilters, UseGuards } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import {
  ApiProblems,
  ApiShownToken,
  Call,
  Performs,
  performed,
  Permitted,
  PolicyGuard,
  ProblemFilter,
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
export class EnvelopeController {
  constructor(
    @Inject(Encrypt) private readonly encryption: Encrypt,
    @Inject(Decrypt) private readonly decryption: Decrypt,
    @Inject(Rewrap) private readonly rewrapping: Rewrap,
  ) {}

  @Post('encrypt')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @Performs(Encrypt)
  @ApiShownToken()
  @ApiOperation({ operationId: 'encrypt', summary: 'Encrypt under a fresh data key' })
  @ApiBody({ type: EncryptBody })
  @ApiOkResponse({ type: EncryptedDto })
  @ApiProblems('invalid_request', 'kms_error', 'policy_denied', 'payload_too_large', 'unsupported_media_type')
  @ApiProblems('unauthenticated', 'invalid_token', 'invalid_dpop_proof')
  @ApiProblems('rate_limited', 'kms_throttled', 'kms_failed', 'kms_unavailable')
  encrypt(
    @Permitted() permit: Parameters<Encrypt['perform']>[0],
    @Call() call: CallContext,
  ): Promise<EncryptedDto> {
    return performed(this.encryption, permit, call);
  }

  @Post('decrypt')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @Performs(Decrypt)
  @ApiShownToken()
  @ApiOperation({ operationId: 'decrypt', summary: 'Open an envelope with a token for its key' })
  @ApiBody({ type: DecryptBody })
  @ApiOkResponse({ type: DecryptedDto })
  @ApiProblems('invalid_request', 'envelope_error', 'kms_error', 'policy_denied')
  @ApiProblems('invalid_token', 'invalid_dpop_proof')
  @ApiProblems(
    'payload_too_large',
    'unsupported_media_type',
    'rate_limited',
    'kms_throttled',
    'kms_failed',
    'kms_unavailable',
  )
  decrypt(
    @Permitted() permit: Parameters<Decrypt['perform']>[0],
    @Call() call: CallContext,
  ): Promise<DecryptedDto> {
    return performed(this.decryption, permit, call);
  }

  @Post('rewrap')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @Performs(Rewrap)
  @ApiShownToken()
  @ApiOperation({
    operationId: 'rewrap',
    summary: 'Move an envelope to the current version of its key, or to another key or backend',
    description:
      'Under the same key the data key is wrapped anew; under another one the payload is encrypted anew, under a ' +
      'fresh data key. Either way the whole envelope is verified first, and its plaintext does not leave the server.',
  })
  @ApiBody({ type: RewrapBody })
  @ApiOkResponse({ type: RewrappedDto })
  @ApiProblems('invalid_request', 'envelope_error', 'kms_error', 'policy_denied')
  @ApiProblems('invalid_token', 'invalid_dpop_proof')
  @ApiProblems(
    'payload_too_large',
    'unsupported_media_type',
    'rate_limited',
    'kms_throttled',
    'kms_failed',
    'kms_unavailable',
  )
  rewrap(
    @Permitted() permit: Parameters<Rewrap['perform']>[0],
    @Call() call: CallContext,
  ): Promise<RewrappedDto> {
    return performed(this.rewrapping, permit, call);
  }
}
