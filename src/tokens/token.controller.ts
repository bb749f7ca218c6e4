import { Controller, Header, HttpCode, Inject, Post, UseFilters, UseGuards } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ApiProblems, Performs, Permitted, PolicyGuard, ProblemFilter } from '../access/index.js';
import { IssueToken } from './issue-token.js';
import { IssueTokenBody, IssuedTokenDto } from './token.dto.js';

@ApiTags('tokens')
@Controller()
@UseGuards(PolicyGuard)
@UseFilters(ProblemFilter)
export class TokenController {
  constructor(@Inject(IssueToken) private readonly issueToken: IssueToken) {}

  @Post('token')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @Performs(IssueToken)
  @ApiOperation({ operationId: 'issueToken', summary: 'Mint a token for one backend and one key' })
  @ApiBody({ type: IssueTokenBody })
  @ApiOkResponse({ type: IssuedTokenDto })
  @ApiProblems(
    'invalid_request',
    'kms_error',
    'policy_denied',
    'payload_too_large',
    'unsupported_media_type',
    'rate_limited',
    'unavailable',
  )
  issue(@Permitted() permit: Parameters<IssueToken['perform']>[0]): Promise<IssuedTokenDto> {
    return this.issueToken.perform(permit);
  }
}
