import { ApiProperty } from '@nestjs/swagger';
import { Flag, FreeForm, LongText, OneOfNumbers, Text } from '../access/index.js';
import { EnvelopeDto } from '../envelope/index.js';

/** Lengths of a data key, in bytes. */
const LENGTHS = [16, 32, 64] as const;

export class DataKeyBody {
  @Text({ maxLength: 64, description: 'Name of the configured backend.', example: 'aws' })
  readonly backend!: string;

  @Text({ maxLength: 1024, description: 'The key, as the backend names it.', example: 'alias/orders' })
  readonly key_id!: string;

  @OneOfNumbers({ optional: true, values: LENGTHS, description: 'Length of the data key. Default: 32.' })
  readonly bytes?: (typeof LENGTHS)[number];

  @LongText({ optional: true, description: 'Text to bind to the envelope of the data key; stored in clear.' })
  readonly associated_data?: string;

  @Flag({
    optional: true,
    description: 'False: the envelope alone, for whoever stores what another will encrypt. Default: true.',
  })
  readonly include_plaintext?: boolean;

  @FreeForm({ optional: true, description: 'Facts about this request for the policy.' })
  readonly policy_context?: Record<string, unknown>;
}

export class DataKeyDto {
  @ApiProperty({
    type: EnvelopeDto,
    description:
      'Holds the data key: `/envelope/decrypt` with encoding base64 opens it, `/envelope/rewrap` moves it.',
  })
  readonly envelope!: EnvelopeDto;

  @ApiProperty({ required: false, description: 'The data key in clear: base64url without padding.' })
  readonly plaintext_base64?: string;
}
