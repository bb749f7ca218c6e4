import { Inject, Injectable } from '@nestjs/common';
import { NoMembers, type Asker, type Operation, type Prepared } from '../access/index.js';
import type { RotatedKeyDto } from './keys.dto.js';
import { SigningKeys } from './signing-keys.js';

/** Promotes the next signing key on an operator's word. */
@Injectable()
export class RotateKeys implements Operation<NoMembers, null, RotatedKeyDto> {
  readonly body = NoMembers;

  constructor(@Inject(SigningKeys) private readonly keys: SigningKeys) {}

  prepare(_body: NoMembers, { caller }: Asker): Prepared<null> {
    return { input: { action: 'rotate_keys', request: { context: {} }, caller }, work: null };
  }

  perform(): Promise<RotatedKeyDto> {
    return this.keys.rotate('operator');
  }
}
