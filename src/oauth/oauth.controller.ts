import { Controller, Header, HttpCode, Inject, Post, UseFilters, UseGuards } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiExtraModels, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Performs, Permitted, PolicyGuard, Wears } from '../access/index.js';
import { IntrospectionDto, IntrospectToken } from '../revocation/index.js';
import { GrantToken } from './grant-token.js';
import { ApiOAuthErrors } from './oauth-errors.dto.js';
import { FORM_TYPE, OAUTH, OAUTH_REVOCATION } from './oauth-face.js';
import { OAuthFilter, OAuthRevocationFilter } from './oauth.filter.js';
import { GrantedDto, GrantForm, KeyDetailBody, TokenForm } from './oauth.dto.js';
import { RevokeToken } from './revoke-token.js';

@ApiTags('oauth')
@ApiExtraModels(KeyDetailBody)
@Controller()
@UseGuards(PolicyGuard)
export class OAuthController {
  constructor(
    @Inject(GrantToken) private readonly grantToken: GrantToken,
    @Inject(RevokeToken) private readonly revokeToken: RevokeToken,
    @Inject(IntrospectToken) private readonly introspectToken: IntrospectToken,
  ) {}

  @Post('oauth/token')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @Header('Pragma', 'no-cache')
  @Wears(OAUTH)
  @UseFilters(OAuthFilter)
  @Performs(GrantToken)
  @ApiOperation({
    operationId: 'oauthToken',
    summary: 'A token for the client itself (RFC 6749), or in exchange for another (RFC 8693)',
  })
  @ApiConsumes(FORM_TYPE)
  @ApiBody({ type: GrantForm })
  @ApiOkResponse({ type: GrantedDto })
  @ApiOAuthErrors()
  token(@Permitted() permit: Parameters<GrantToken['perform']>[0]): Promise<GrantedDto> {
    return this.grantToken.perform(permit);
  }

  @Post('oauth/revoke')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @Wears(OAUTH_REVOCATION)
  @UseFilters(OAuthRevocationFilter)
  @Performs(RevokeToken)
  @ApiOperation({ operationId: 'oauthRevoke', summary: 'Take one token back (RFC 7009)' })
  @ApiConsumes(FORM_TYPE)
  @ApiBody({ type: TokenForm })
  @ApiOkResponse({ description: 'The token is good for nothing, perhaps since long ago.' })
  @ApiOAuthErrors()
  revoke(@Permitted() permit: Parameters<RevokeToken['perform']>[0]): Promise<void> {
    return this.revokeToken.perform(permit);
  }

  @Post('oauth/introspect')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @Wears(OAUTH)
  @UseFilters(OAuthFilter)
  @Performs(IntrospectToken)
  @ApiOperation({ operationId: 'oauthIntrospect', summary: 'What a token says, if it is good (RFC 7662)' })
  @ApiConsumes(FORM_TYPE)
  @ApiBody({ type: TokenForm })
  @ApiOkResponse({ type: IntrospectionDto })
  @ApiOAuthErrors()
  introspect(@Permitted() permit: Parameters<IntrospectToken['perform']>[0]): Promise<IntrospectionDto> {
    return this.introspectToken.perform(permit);
  }
}
