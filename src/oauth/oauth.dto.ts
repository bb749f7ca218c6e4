import { ApiProperty } from '@nestjs/swagger';
import { FreeForm, LongText, OneOf, Text } from '../access/index.js';
import { TOKEN_USES } from '../tokens/index.js';

export const KEY_DETAIL = 'kkp_key';

export const GRANTS = {
  clientCredentials: 'client_credentials',
  exchange: 'urn:ietf:params:oauth:grant-type:token-exchange',
} as const;

/** Types of tokens (RFC 8693 section 3) that can be exchanged, and asked for. */
export const TOKEN_TYPE_URNS = [
  'urn:ietf:params:oauth:token-type:access_token',
  'urn:ietf:params:oauth:token-type:jwt',
] as const;

/** A detail of `authorization_details` (RFC 9396). */
export class KeyDetailBody {
  @OneOf({ values: [KEY_DETAIL], description: 'The only type there is.' })
  readonly type!: string;

  @Text({ maxLength: 64, description: 'Name of the configured backend.', example: 'aws' })
  readonly backend!: string;

  @Text({ maxLength: 1024, description: 'The key, as the backend names it.', example: 'alias/orders' })
  readonly key_id!: string;

  @FreeForm({ optional: true, description: 'Conditions of use that the policy reads at decryption.' })
  readonly policy_claims?: Record<string, unknown>;
}

/** Parameters of a form (RFC 6749 appendix B). Others are passed over; an empty one is as good as none. */
export class GrantForm {
  @LongText({ description: `\`${GRANTS.clientCredentials}\` or \`${GRANTS.exchange}\`.` })
  readonly grant_type!: string;

  @Text({
    optional: true,
    maxLength: 1024,
    description:
      'Must be the id of the authenticated caller. While callers are anonymous: the name of whoever asks, and required.',
  })
  readonly client_id?: string;

  @Text({
    optional: true,
    maxLength: 1024,
    description:
      'Who is to accept the token: claim `aud`. Required unless a KKP token is exchanged, whose `aud` stays.',
    example: 'reports',
  })
  readonly audience?: string;

  @Text({
    optional: true,
    maxLength: 1024,
    description: 'Where the token will be used: KKP itself (RFC 8707).',
  })
  readonly resource?: string;

  @LongText({
    optional: true,
    description: `What the token is for: ${TOKEN_USES.map((use) => `\`${use}\``).join(', ')}, with a space between two. Default: to decrypt, and to rewrap; of a KKP token, what it is for.`,
    example: 'decrypt',
  })
  readonly scope?: string;

  @LongText({
    optional: true,
    description:
      'A JSON array of one `KeyDetailBody` (RFC 9396). Required unless a KKP token is exchanged, whose key stays.',
    example: '[{"type":"kkp_key","backend":"aws","key_id":"alias/orders"}]',
  })
  readonly authorization_details?: string;

  @LongText({
    optional: true,
    description: 'Lifetime in seconds; the default and the maximum are configured.',
  })
  readonly ttl_seconds?: string;

  @LongText({
    optional: true,
    description: 'In an exchange: a KKP token, or a JWT of an issuer whose callers are accepted.',
  })
  readonly subject_token?: string;

  @LongText({ optional: true, description: `In an exchange, and required: ${TOKEN_TYPE_URNS.join(' or ')}.` })
  readonly subject_token_type?: string;

  @LongText({ optional: true, description: 'In an exchange: one of the same.' })
  readonly requested_token_type?: string;

  @LongText({ optional: true, description: 'Refused: whoever authenticates the request is the actor.' })
  readonly actor_token?: string;
}

export class TokenForm {
  @LongText({
    description: 'Any text; what is no live token of ours is taken back, and not active, already.',
  })
  readonly token!: string;
}

class GrantedDetailDto {
  @ApiProperty({ enum: [KEY_DETAIL] })
  readonly type!: string;

  @ApiProperty()
  readonly backend!: string;

  @ApiProperty()
  readonly key_id!: string;

  @ApiProperty({ selfRequired: false, type: 'object', additionalProperties: true })
  readonly policy_claims?: Readonly<Record<string, unknown>>;
}

/** RFC 6749 section 5.1, RFC 8693 section 2.2.1. */
export class GrantedDto {
  @ApiProperty({ description: 'A KKP token, as `POST /token` issues them.' })
  readonly access_token!: string;

  @ApiProperty({ enum: ['Bearer', 'DPoP'] })
  readonly token_type!: 'Bearer' | 'DPoP';

  @ApiProperty({ type: 'integer', description: 'Seconds.' })
  readonly expires_in!: number;

  @ApiProperty({ required: false, description: 'Of an exchange.' })
  readonly issued_token_type?: string;

  @ApiProperty({
    required: false,
    description: 'Claim `ops`, with a space between two; absent: the default.',
  })
  readonly scope?: string;

  @ApiProperty({ type: [GrantedDetailDto] })
  readonly authorization_details!: readonly GrantedDetailDto[];
}

export class OAuthErrorDto {
  @ApiProperty({ example: 'invalid_grant' })
  readonly error!: string;

  @ApiProperty({ description: 'What was wrong, and what is allowed.' })
  readonly error_description!: string;
}
