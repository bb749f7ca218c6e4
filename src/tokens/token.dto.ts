import { ApiProperty } from '@nestjs/swagger';
import { FreeForm, Nested, SomeOf, Text, Whole } from '../access/index.js';
import { TOKEN_USES, type Confirmation, type TokenUse } from './optional-claims.js';

/** Exactly one of the two. */
class ConfirmationDto {
  @Text({
    optional: true,
    maxLength: 43,
    description: 'SHA-256 thumbprint of a public key (RFC 7638), base64url: a DPoP key (RFC 9449).',
  })
  readonly jkt?: string;

  @Text({
    optional: true,
    maxLength: 43,
    description: 'SHA-256 of a client certificate in DER, base64url (RFC 8705).',
  })
  readonly 'x5t#S256'?: string;
}

export class IssueTokenBody {
  @Text({ maxLength: 1024, description: 'Who the token is for: claim `sub`.', example: 'svc-billing' })
  readonly subject!: string;

  @Text({ maxLength: 1024, description: 'Who is to accept the token: claim `aud`.', example: 'reports' })
  readonly audience!: string;

  @Text({ maxLength: 64, description: 'Name of the configured backend.', example: 'aws' })
  readonly backend!: string;

  @Text({ maxLength: 1024, description: 'The key, as the backend names it.', example: 'alias/orders' })
  readonly key_id!: string;

  @Whole({
    optional: true,
    minimum: 1,
    description: 'Lifetime in seconds; the default and the maximum are configured.',
  })
  readonly ttl_seconds?: number;

  @FreeForm({ optional: true, description: 'Conditions of use that the policy reads at decryption.' })
  readonly policy_claims?: Record<string, unknown>;

  @SomeOf({
    optional: true,
    values: TOKEN_USES,
    description: 'What the token is for: claim `ops`. Default: to decrypt, and to rewrap.',
  })
  readonly ops?: readonly TokenUse[];

  @Whole({
    optional: true,
    minimum: 0,
    description: 'Unix seconds before which nobody accepts the token: claim `nbf`.',
  })
  readonly not_before?: number;

  @Nested({
    optional: true,
    type: () => ConfirmationDto,
    description: 'The key that the holder must show beside the token: claim `cnf`.',
  })
  readonly cnf?: Confirmation;

  @FreeForm({ optional: true, description: 'Facts about this request for the policy; not signed.' })
  readonly request_context?: Record<string, unknown>;
}

export class IssuedTokenDto {
  @ApiProperty({ description: 'A JWT in compact form, signed with Ed25519.' })
  readonly token!: string;

  @ApiProperty({ type: 'integer', description: 'Unix seconds.' })
  readonly expires_at!: number;

  @ApiProperty({ description: 'The signing key, as the JWKS names it (RFC 7638 thumbprint).' })
  readonly kid!: string;
}
