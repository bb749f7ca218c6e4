import { Inject, Injectable } from '@nestjs/common';
import type { Asker, Operation, Permit, Prepared } from '../access/index.js';
import type { CallContext } from '../call-context.js';
import { KkpError } from '../errors.js';
import { PresentedTokens, type PresentedToken } from '../tokens/index.js';
import { RewrapBody, type RewrappedDto } from './envelope.dto.js';
import { EnvelopeRewrapper } from './envelope.rewrapper.js';
import { plaintextBytesOf } from './plaintext.js';
import { checkScope, namesOf } from './token-scope.js';

interface RewrapWork {
  readonly envelope: RewrapBody['envelope'];
  readonly to: Target;
}

interface Target {
  readonly backend: string;
  readonly key_id: string;
}

/** Moves an envelope to the current version of its key, or to another key or backend. Answers no plaintext. */
@Injectable()
export class Rewrap implements Operation<RewrapBody, RewrapWork, RewrappedDto> {
  readonly body = RewrapBody;
  readonly tokenIsEnough = 'in header or body';

  constructor(
    @Inject(PresentedTokens) private readonly tokens: PresentedTokens,
    @Inject(EnvelopeRewrapper) private readonly rewrapper: EnvelopeRewrapper,
  ) {}

  async prepare(body: RewrapBody, asker: Asker): Promise<Prepared<RewrapWork>> {
    const { envelope, context = {} } = body;
    const to = targetOf(body);
    const { claims, recheck } = (await this.verify(body, asker)) ?? {};
    const request = { context, envelope: namesOf(envelope), to };
    return {
      input: { action: 'rewrap', ...(claims && { claims }), request, caller: asker.caller },
      work: { envelope, to },
      facts: { plaintextBytes: plaintextBytesOf(envelope) },
      ...(recheck && { recheck }),
    };
  }

  async perform({ work }: Permit<RewrapWork>, call: CallContext): Promise<RewrappedDto> {
    const { envelope, to } = work;
    // The policy has agreed to both keys; a token, where there is one, names the first.
    const grant = { backend: envelope.backend, keyId: envelope.key_id };
    const target = { backend: to.backend, keyId: to.key_id };
    return { envelope: await this.rewrapper.rewrap({ grant, envelope, to: target }, call) };
  }

  private async verify(
    { token, envelope, expected_audience }: RewrapBody,
    asker: Asker,
  ): Promise<PresentedToken | undefined> {
    const shown = await this.tokens.verifyUnlessKnown(token, asker, 'rewrap');
    if (shown) checkScope(shown.claims, envelope, expected_audience);
    else if (expected_audience !== undefined)
      throw new KkpError('invalid_request', 'Send expected_audience with a token only.');
    return shown;
  }
}

/** Key ids belong to their backend: the envelope's means nothing in another. */
function targetOf({ envelope, backend, key_id }: RewrapBody): Target {
  if (backend !== undefined && key_id === undefined) {
    throw new KkpError('invalid_request', 'Send backend with the key_id of a key of that backend.');
  }
  return { backend: backend ?? envelope.backend, key_id: key_id ?? envelope.key_id };
}
