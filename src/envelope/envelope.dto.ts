import { ApiProperty } from '@nestjs/swagger';
import { FreeForm, LongText, Nested, OneOf, Text } from '../access/index.js';

const ENCODINGS = ['utf8', 'base64'] as const;

/** Format v1. The three binary members are base64url without padding. */
export class EnvelopeDto {
  @Text({ maxLength: 64, description: 'Name of the backend whose key wrapped the data key.' })
  readonly backend!: string;

  @Text({ maxLength: 1024, description: 'The key that wrapped the data key.' })
  readonly key_id!: string;

  @LongText({ description: 'AES-256-GCM ciphertext followed by its 16-byte tag.' })
  readonly ciphertext!: string;

  @LongText({ description: '12 bytes.' })
  readonly nonce!: string;

  @LongText({ description: 'Opaque: the wrapped data key with what KKP needs to open it.' })
  readonly encrypted_data_key!: string;

  @LongText({ optional: true, description: 'Text that was bound to the ciphertext; not encrypted.' })
  readonly associated_data?: string;
}

export class EncryptBody {
  @Text({ maxLength: 64, description: 'Name of the configured backend.', example: 'aws' })
  readonly backend!: string;

  @Text({ maxLength: 1024, description: 'The key, as the backend names it.', example: 'alias/orders' })
  readonly key_id!: string;

  @LongText({
    optional: true,
    description: 'Text to encrypt. Exactly one of `plaintext` and `plaintext_base64`.',
  })
  readonly plaintext?: string;

  @LongText({ optional: true, description: 'Bytes to encrypt: base64url without padding.' })
  readonly plaintext_base64?: string;

  @LongText({ optional: true, description: 'Text to bind to the ciphertext; stored in clear.' })
  readonly associated_data?: string;

  @FreeForm({ optional: true, description: 'Facts about this request for the policy.' })
  readonly policy_context?: Record<string, unknown>;
}

export class EncryptedDto {
  @ApiProperty({ type: EnvelopeDto })
  readonly envelope!: EnvelopeDto;
}

export class DecryptBody {
  @LongText({
    optional: true,
    description:
      'A token for the envelope’s backend and key. Required unless it is in the `Authorization` header.',
  })
  readonly token?: string;

  @Nested({ type: () => EnvelopeDto, description: 'What `/envelope/encrypt` answered.' })
  readonly envelope!: EnvelopeDto;

  @Text({ optional: true, maxLength: 1024, description: 'Refuse a token whose `aud` is another.' })
  readonly expected_audience?: string;

  @FreeForm({ optional: true, description: 'Facts about this request for the policy.' })
  readonly context?: Record<string, unknown>;

  @OneOf({
    optional: true,
    values: ENCODINGS,
    description: 'Form of the plaintext in the answer. Default: utf8.',
  })
  readonly encoding?: (typeof ENCODINGS)[number];
}

export class RewrapBody {
  @Nested({ type: () => EnvelopeDto, description: 'What `/envelope/encrypt` answered.' })
  readonly envelope!: EnvelopeDto;

  @LongText({
    optional: true,
    description: 'A token for the envelope’s backend and key. The policy says whether it goes without.',
  })
  readonly token?: string;

  @Text({ optional: true, maxLength: 1024, description: 'Refuse a token whose `aud` is another.' })
  readonly expected_audience?: string;

  @Text({
    optional: true,
    maxLength: 64,
    description: 'Name of the backend to move to, with `key_id`. Default: the envelope’s.',
  })
  readonly backend?: string;

  @Text({
    optional: true,
    maxLength: 1024,
    description: 'The key to move to. Default: the current version of the envelope’s.',
  })
  readonly key_id?: string;

  @FreeForm({ optional: true, description: 'Facts about this request for the policy.' })
  readonly context?: Record<string, unknown>;
}

export class RewrappedDto {
  @ApiProperty({
    type: EnvelopeDto,
    description: 'Under the same key only `encrypted_data_key` is another.',
  })
  readonly envelope!: EnvelopeDto;
}

export class DecryptedDto {
  @ApiProperty({ required: false, description: 'With encoding utf8.' })
  readonly plaintext?: string;

  @ApiProperty({ required: false, description: 'With encoding base64: base64url without padding.' })
  readonly plaintext_base64?: string;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    description: 'The claims of the token that was used.',
  })
  readonly claims!: Record<string, unknown>;
}
