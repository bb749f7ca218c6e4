import { ApiProperty } from '@nestjs/swagger';

export class RotatedKeyDto {
  @ApiProperty({ description: 'The key that signs from now on.' })
  readonly kid!: string;

  @ApiProperty({ type: 'integer', description: 'Unix seconds after which no token of this key is valid.' })
  readonly expires_at!: number;
}

export class JwkDto {
  @ApiProperty({ enum: ['OKP'] })
  readonly kty!: string;

  @ApiProperty({ enum: ['Ed25519'] })
  readonly crv!: string;

  @ApiProperty({ description: 'RFC 7638 thumbprint of the key.' })
  readonly kid!: string;

  @ApiProperty({ description: 'The public key: base64url of 32 bytes (RFC 8037).' })
  readonly x!: string;

  @ApiProperty({ enum: ['EdDSA'] })
  readonly alg!: string;

  @ApiProperty({ enum: ['sig'] })
  readonly use!: string;
}

export class JwksDto {
  @ApiProperty({ type: [JwkDto] })
  readonly keys!: JwkDto[];
}
