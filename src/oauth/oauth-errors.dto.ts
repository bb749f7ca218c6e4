import { applyDecorators } from '@nestjs/common';
import { ApiExtraModels, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import { OAuthErrorDto } from './oauth.dto.js';

const STATUSES: Readonly<Record<number, string>> = {
  400: 'As RFC 6749 section 5.2; `access_denied` where the policy said no.',
  401: '`invalid_client`',
  413: 'The form is too large.',
  415: 'The body is no form.',
  429: '`temporarily_unavailable`: a quota is used up.',
  503: '`temporarily_unavailable`',
};

/** Documents the errors that a route of OAuth may answer with. */
export const ApiOAuthErrors = (): MethodDecorator => {
  const content = { 'application/json': { schema: { $ref: getSchemaPath(OAuthErrorDto) } } };
  return applyDecorators(
    ApiExtraModels(OAuthErrorDto),
    ...Object.entries(STATUSES).map(([status, description]) =>
      ApiResponse({ status: Number(status), description, content }),
    ),
  );
};
