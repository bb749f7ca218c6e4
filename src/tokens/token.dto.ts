import { ApiProperty } from '@nestjs/swagger';
import { FreeForm, Text, Whole } from '../access/index.js';

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
