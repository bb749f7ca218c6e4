import {
  Controller,
  Get,
  Header,
  Headers,
  HttpCode,
  Inject,
  Post,
  Res,
  UseFilters,
  UseGuards,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { ApiBody, ApiOkResponse, ApiOperation, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import { ApiProblems, hasEtag, Performs, Permitted, PolicyGuard, ProblemFilter } from '../access/index.js';
import { IntrospectToken } from './introspect-token.js';
import { RevocationList } from './revocation-list.js';
import { IntrospectBody, IntrospectionDto, RevokeBody, RevokedDto } from './revocation.dto.js';
import { RevokeTokens } from './revoke-tokens.js';

@ApiTags('tokens')
@Controller()
@UseFilters(ProblemFilter)
export class RevocationController {
  constructor(
    @Inject(RevokeTokens) private readonly revokeTokens: RevokeTokens,
    @Inject(IntrospectToken) private readonly introspectToken: IntrospectToken,
    @Inject(RevocationList) private readonly list: RevocationList,
    @Inject(HttpAdapterHost) private readonly adapterHost: HttpAdapterHost,
  ) {}

  @Post('revoke')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @UseGuards(PolicyGuard)
  @Performs(RevokeTokens)
  @ApiOperation({ operationId: 'revokeTokens', summary: 'Take tokens back, by exactly one rule' })
  @ApiBody({ type: RevokeBody })
  @ApiOkResponse({ type: RevokedDto, description: 'The rule holds; so it does for tokens that nobody has.' })
  @ApiProblems(
    'invalid_request',
    'unauthenticated',
    'policy_denied',
    'payload_too_large',
    'unsupported_media_type',
    'rate_limited',
    'unavailable',
  )
  revoke(@Permitted() permit: Parameters<RevokeTokens['perform']>[0]): Promise<RevokedDto> {
    return this.revokeTokens.perform(permit);
  }

  @Post('introspect')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @UseGuards(PolicyGuard)
  @Performs(IntrospectToken)
  @ApiOperation({ operationId: 'introspectToken', summary: 'What a token says, if it is good (RFC 7662)' })
  @ApiBody({ type: IntrospectBody })
  @ApiOkResponse({ type: IntrospectionDto })
  @ApiProblems(
    'invalid_request',
    'unauthenticated',
    'policy_denied',
    'payload_too_large',
    'unsupported_media_type',
    'rate_limited',
  )
  introspect(@Permitted() permit: Parameters<IntrospectToken['perform']>[0]): Promise<IntrospectionDto> {
    return this.introspectToken.perform(permit);
  }

  @Get('.well-known/kkp-revocations')
  @ApiOperation({
    operationId: 'getRevocations',
    summary: 'What is taken back, signed, for offline verifiers',
  })
  @ApiProduces('application/jwt')
  @ApiOkResponse({
    description: 'A JWS in compact form of type `kkp-revocations+jwt`.',
    schema: { type: 'string' },
    headers: { ETag: { schema: { type: 'string' } }, 'Cache-Control': { schema: { type: 'string' } } },
  })
  @ApiResponse({ status: 304, description: 'The list that the caller has is the current one.' })
  @ApiProblems('unavailable')
  async revocations(
    @Headers('if-none-match') known: string | undefined,
    @Res() response: unknown,
  ): Promise<void> {
    const { httpAdapter } = this.adapterHost;
    const { body, etag, maxAgeSeconds } = await this.list.current();
    httpAdapter.setHeader(response, 'ETag', etag);
    httpAdapter.setHeader(response, 'Cache-Control', `public, max-age=${maxAgeSeconds}`);
    if (hasEtag(known, etag)) {
      httpAdapter.reply(response, undefined, 304);
      return;
    }
    httpAdapter.setHeader(response, 'Content-Type', 'application/jwt');
    httpAdapter.reply(response, body, 200);
  }
}
