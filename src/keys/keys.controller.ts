import { Controller, Get, Header, Headers, Inject, Post, Res, UseFilters, UseGuards } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import {
  ApiCreatedResponse,
  ApiOkResponse,
  ApiOperation,
  ApiProduces,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import { ApiProblems, hasEtag, Performs, PolicyGuard, ProblemFilter } from '../access/index.js';
import { JwksDto, RotatedKeyDto } from './keys.dto.js';
import { RotateKeys } from './rotate-keys.js';
import { SigningKeys } from './signing-keys.js';

@ApiTags('keys')
@Controller()
@UseFilters(ProblemFilter)
export class KeysController {
  constructor(
    @Inject(SigningKeys) private readonly keys: SigningKeys,
    @Inject(RotateKeys) private readonly rotateKeys: RotateKeys,
    @Inject(HttpAdapterHost) private readonly adapterHost: HttpAdapterHost,
  ) {}

  @Get('keys/jwks')
  @ApiOperation({ operationId: 'getJwks', summary: 'The public keys that verify tokens (RFC 7517)' })
  @ApiOkResponse({
    type: JwksDto,
    headers: { ETag: { schema: { type: 'string' } }, 'Cache-Control': { schema: { type: 'string' } } },
  })
  @ApiProduces('application/jwk-set+json')
  @ApiResponse({ status: 304, description: 'The set that the caller has is the current one.' })
  jwks(@Headers('if-none-match') known: string | undefined, @Res() response: unknown): void {
    const { httpAdapter } = this.adapterHost;
    const { body, etag, maxAgeSeconds } = this.keys.jwks();
    httpAdapter.setHeader(response, 'ETag', etag);
    httpAdapter.setHeader(
      response,
      'Cache-Control',
      maxAgeSeconds > 0 ? `public, max-age=${maxAgeSeconds}` : 'no-cache',
    );
    if (hasEtag(known, etag)) {
      httpAdapter.reply(response, undefined, 304);
      return;
    }
    httpAdapter.setHeader(response, 'Content-Type', 'application/jwk-set+json');
    httpAdapter.reply(response, body, 200);
  }

  @Get('.well-known/jwks.json')
  @ApiOperation({ operationId: 'getWellKnownJwks', summary: 'The same set under its well-known name' })
  @ApiProduces('application/jwk-set+json')
  @ApiOkResponse({ type: JwksDto })
  @ApiResponse({ status: 304, description: 'The set that the caller has is the current one.' })
  wellKnown(@Headers('if-none-match') known: string | undefined, @Res() response: unknown): void {
    this.jwks(known, response);
  }

  @Post('keys/rotate')
  @Header('Cache-Control', 'no-store')
  @UseGuards(PolicyGuard)
  @Performs(RotateKeys)
  @ApiOperation({ operationId: 'rotateKeys', summary: 'Let the next signing key sign from now on' })
  @ApiCreatedResponse({ type: RotatedKeyDto })
  @ApiProblems(
    'invalid_request',
    'policy_denied',
    'payload_too_large',
    'unsupported_media_type',
    'rate_limited',
  )
  rotate(): Promise<RotatedKeyDto> {
    return this.rotateKeys.perform();
  }
}
