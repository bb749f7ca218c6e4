import { applyDecorators } from '@nestjs/common';
import { ApiHeader, ApiSecurity } from '@nestjs/swagger';

/** How a KKP token is shown in the `Authorization` header, for the description of the API. */
export const TOKEN_SECURITY = {
  token: { type: 'http', scheme: 'Bearer', bearerFormat: 'JWT', description: 'A token of `POST /token`.' },
  bound_token: {
    type: 'http',
    scheme: 'DPoP',
    bearerFormat: 'JWT',
    description: 'A token with `cnf.jkt`, beside a proof in the header `DPoP` (RFC 9449 section 7.1).',
  },
} as const;

/** Documents a route that takes a KKP token in its body or in its header, with the proof that a bound token wants. */
export const ApiShownToken = (): MethodDecorator =>
  applyDecorators(
    ApiHeader({
      name: 'DPoP',
      required: false,
      description:
        'Proof of possession (RFC 9449), with `ath`; required by a token with `cnf.jkt`, refused with any other. ' +
        'One is for one request; of a batch, for tokens that are all the same.',
    }),
    ApiSecurity({}),
    ...Object.keys(TOKEN_SECURITY).map((name) => ApiSecurity(name)),
  );
