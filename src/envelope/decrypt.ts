import { Inject, Injectable } from '@nestjs/common';
import type { Asker, Operation, Permit, Prepared } from '../access/index.js';
import type { CallContext } from '../call-context.js';
import { PresentedTokens, redacted, type TokenClaims } from '../tokens/index.js';
import { DecryptBody, type DecryptedDto } from './envelope.dto.js';
import { EnvelopeService } from './envelope.service.js';
import { partitionOf } from './partition.js';
import { encodePlaintext, plaintextBytesOf } from './plaintext.js';
import { checkScope, namesOf } from './token-scope.js';

interface DecryptWork {
  readonly claims: TokenClaims;
  readonly envelope: DecryptBody['envelope'];
  readonly encoding: 'utf8' | 'base64';
  readonly partition: string;
}

/** Opens an envelope for the holder of a token that names its backend and key. */
@Injectable()
export class Decrypt implements Operation<DecryptBody, DecryptWork, DecryptedDto> {
  readonly body = DecryptBody;
  readonly tokenIsEnough = 'in header or body';

  constructor(
    @Inject(PresentedTokens) private readonly tokens: PresentedTokens,
    @Inject(EnvelopeService) private readonly envelopes: EnvelopeService,
  ) {}

  async prepare(body: DecryptBody, asker: Asker): Promise<Prepared<DecryptWork>> {
    const { claims, recheck } = await this.tokens.require(body.token, asker, 'decrypt');
    checkScope(claims, body.envelope, body.expected_audience);
    const request = { context: body.context ?? {}, envelope: namesOf(body.envelope) };
    return {
      input: { action: 'decrypt', claims, request, caller: asker.caller },
      work: {
        claims,
        envelope: body.envelope,
        encoding: body.encoding ?? 'utf8',
        partition: partitionOf(asker.caller, claims.sub),
      },
      facts: { plaintextBytes: plaintextBytesOf(body.envelope) },
      recheck,
    };
  }

  async perform({ work, decision }: Permit<DecryptWork>, call: CallContext): Promise<DecryptedDto> {
    const { claims, envelope, encoding, partition } = work;
    const grant = { backend: claims.backend, keyId: claims.key_id };
    const plaintext = await this.envelopes.decrypt({ grant, envelope }, { ...call, partition });
    try {
      const shown = decision.obligations?.redactClaims ? redacted(claims) : claims;
      return { ...encodePlaintext(plaintext, encoding), claims: shown };
    } finally {
      plaintext.fill(0);
    }
  }
}
