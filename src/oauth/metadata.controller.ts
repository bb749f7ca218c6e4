import { Controller, Get, Headers, Inject, Req, Res, UseFilters } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { ApiOkResponse, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { ApiProblems, hasEtag, ProblemFilter, requestPath } from '../access/index.js';
import { METADATA_PATH, OAuthMetadata } from './metadata.js';

const MAX_AGE_SECONDS = 300;

@ApiTags('oauth')
@Controller()
@UseFilters(ProblemFilter)
export class OAuthMetadataController {
  constructor(
    @Inject(OAuthMetadata) private readonly served: OAuthMetadata,
    @Inject(HttpAdapterHost) private readonly adapterHost: HttpAdapterHost,
  ) {}

  @Get(METADATA_PATH)
  @ApiOperation({ operationId: 'getOAuthMetadata', summary: 'What OAuth clients have to know (RFC 8414)' })
  @ApiOkResponse({
    content: { 'application/json': { schema: { type: 'object', additionalProperties: true } } },
    headers: { ETag: { schema: { type: 'string' } }, 'Cache-Control': { schema: { type: 'string' } } },
  })
  @ApiResponse({ status: 304, description: 'The document that the caller has is the current one.' })
  @ApiProblems('not_found')
  metadata(
    @Req() request: object,
    @Headers('if-none-match') known: string | undefined,
    @Res() response: unknown,
  ): void {
    const { httpAdapter } = this.adapterHost;
    const { body, etag } = this.served.at(requestPath(request));
    httpAdapter.setHeader(response, 'ETag', etag);
    httpAdapter.setHeader(response, 'Cache-Control', `public, max-age=${MAX_AGE_SECONDS}`);
    if (hasEtag(known, etag)) {
      httpAdapter.reply(response, undefined, 304);
      return;
    }
    httpAdapter.setHeader(response, 'Content-Type', 'application/json');
    httpAdapter.reply(response, body, 200);
  }
}
