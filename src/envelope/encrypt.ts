import { Inject, Injectable } from '@nestjs/common';
import type { Asker, Operation, Permit, Prepared } from '../access/index.js';
import { decodeBase64url } from '../base64url.js';
import type { CallContext } from '../call-context.js';
import { KkpError } from '../errors.js';
import { PresentedTokens } from '../tokens/index.js';
import { EncryptBody, type EncryptedDto } from './envelope.dto.js';
import { EnvelopeService } from './envelope.service.js';
import { partitionOf } from './partition.js';
import { checkKey } from './token-scope.js';

interface EncryptWork {
  readonly backend: string;
  readonly keyId: string;
  readonly plaintext: Uint8Array;
  readonly associatedData?: string;
  readonly partition: string;
}

/** Encrypts under a fresh data key that the backend wraps. */
@Injectable()
export class Encrypt implements Operation<EncryptBody, EncryptWork, EncryptedDto> {
  readonly body = EncryptBody;
  readonly tokenIsEnough = 'in the header';

  constructor(
    @Inject(PresentedTokens) private readonly tokens: PresentedTokens,
    @Inject(EnvelopeService) private readonly envelopes: EnvelopeService,
  ) {}

  async prepare(body: EncryptBody, asker: Asker): Promise<Prepared<EncryptWork>> {
    const { backend, key_id } = body;
    const { claims, recheck } = (await this.tokens.verifyUnlessKnown(undefined, asker, 'encrypt')) ?? {};
    if (claims) checkKey(claims, body);
    const plaintext = plaintextOf(body);
    const request = { backend, key_id, context: body.policy_context ?? {} };
    const bound = body.associated_data === undefined ? {} : { associatedData: body.associated_data };
    return {
      input: { action: 'encrypt', ...(claims && { claims }), request, caller: asker.caller },
      work: {
        backend,
        keyId: key_id,
        plaintext,
        ...bound,
        partition: partitionOf(asker.caller, claims?.sub),
      },
      facts: { plaintextBytes: plaintext.length },
      ...(recheck && { recheck }),
    };
  }

  async perform({ work }: Permit<EncryptWork>, call: CallContext): Promise<EncryptedDto> {
    const { partition } = work;
    return { envelope: await this.envelopes.encrypt(work, { ...call, partition }) };
  }
}

function plaintextOf({ plaintext, plaintext_base64 }: EncryptBody): Uint8Array {
  if ((plaintext === undefined) === (plaintext_base64 === undefined)) {
    throw new KkpError('invalid_request', 'Send exactly one of plaintext and plaintext_base64.');
  }
  if (plaintext !== undefined) return Buffer.from(plaintext, 'utf8');
  const bytes = decodeBase64url(plaintext_base64 ?? '');
  if (bytes) return bytes;
  throw new KkpError('invalid_request', 'Member plaintext_base64 must be base64url without padding.');
}
