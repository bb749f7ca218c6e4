import { ApiExtraModels, ApiProperty } from '@nestjs/swagger';
import { LongText, Text, Whole } from '../access/index.js';

/** Exactly one rule: one member, or `backend` with `key_id`. */
export class RevokeBody {
  @Text({
    optional: true,
    maxLength: 64,
    description: 'One token, by its claim `jti`.',
    example: '0b6d2a52-66a5-4d0c-9d56-3e3a3f0c5c8b',
  })
  readonly jti?: string;

  @Text({
    optional: true,
    maxLength: 1024,
    description:
      'The tokens of a subject, and those in which it acts for another, that were issued until now.',
  })
  readonly subject?: string;

  @Text({
    optional: true,
    maxLength: 64,
    description: 'With `key_id`: the tokens for a key that were issued until now.',
  })
  readonly backend?: string;

  @Text({ optional: true, maxLength: 1024, description: 'The key, as the tokens name it.' })
  readonly key_id?: string;

  @Text({
    optional: true,
    maxLength: 64,
    description: 'A signing key: what it signed is refused, it leaves the JWKS, and the next one signs.',
  })
  readonly kid?: string;

  @Whole({
    optional: true,
    minimum: 0,
    description: 'Unix seconds, at most a minute from now: all tokens that were issued before.',
  })
  readonly before?: number;
}

class RevocationRuleDto {
  @ApiProperty({ required: false })
  readonly jti?: string;

  @ApiProperty({ required: false })
  readonly subject?: string;

  @ApiProperty({ required: false })
  readonly backend?: string;

  @ApiProperty({ required: false })
  readonly key_id?: string;

  @ApiProperty({ required: false })
  readonly kid?: string;

  @ApiProperty({ required: false, type: 'integer' })
  readonly before?: number;

  @ApiProperty({
    required: false,
    type: 'integer',
    description: 'With `subject` or `key_id`: tokens with an `iat` up to this are refused.',
  })
  readonly issued_until?: number;
}

@ApiExtraModels(RevocationRuleDto)
export class RevokedDto {
  @ApiProperty({ type: RevocationRuleDto, description: 'The rule as it holds now.' })
  readonly rule!: RevocationRuleDto;

  @ApiProperty({
    type: 'integer',
    description: 'Unix seconds after which no token that the rule covers can be valid.',
  })
  readonly expires_at!: number;
}

export class IntrospectBody {
  @LongText({ description: 'Any text; what is no token of ours is not active.' })
  readonly token!: string;
}

/** RFC 7662 section 2.2. Of what is not active nothing is told. */
export class IntrospectionDto {
  @ApiProperty()
  readonly active!: boolean;

  @ApiProperty({ required: false })
  readonly sub?: string;

  @ApiProperty({ required: false })
  readonly aud?: string;

  @ApiProperty({ required: false })
  readonly jti?: string;

  @ApiProperty({ required: false, type: 'integer' })
  readonly iat?: number;

  @ApiProperty({ required: false, type: 'integer' })
  readonly exp?: number;

  @ApiProperty({ required: false })
  readonly backend?: string;

  @ApiProperty({ required: false })
  readonly key_id?: string;

  @ApiProperty({
    selfRequired: false,
    type: 'object',
    additionalProperties: true,
    description: 'And the other claims that the token has.',
  })
  readonly policy_claims?: Readonly<Record<string, unknown>>;
}
