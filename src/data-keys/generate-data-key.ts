import type { Asker, Operation, Permit, Prepared } from '../access/index.js';
import { zero } from '../backends/index.js';
import type { CallContext } from '../call-context.js';
import { checkKey, type EnvelopeService } from '../envelope/index.js';
import type { Random } from '../random.js';
import type { PresentedTokens } from '../tokens/index.js';
import { DataKeyBody, type DataKeyDto } from './data-key.dto.js';

interface DataKeyWork {
  readonly backend: string;
  readonly keyId: string;
  readonly bytes: number;
  readonly includePlaintext: boolean;
  readonly associatedData?: string;
}

/**
 * A fresh key for encryption at the caller's. It comes in an ordinary envelope, so that there is no way to open it but
 * the one for every envelope.
 */
export class GenerateDataKey implements Operation<DataKeyBody, DataKeyWork, DataKeyDto> {
  readonly body = DataKeyBody;
  readonly tokenIsEnough = 'in the header';

  constructor(
    private readonly tokens: PresentedTokens,
    private readonly envelopes: EnvelopeService,
    private readonly random: Random,
  ) {}

  async prepare(body: DataKeyBody, asker: Asker): Promise<Prepared<DataKeyWork>> {
    const { backend, key_id, bytes = 32, include_plaintext = true } = body;
    const { claims, recheck } = (await this.tokens.verifyUnlessKnown(undefined, asker, 'data_key')) ?? {};
    if (claims) checkKey(claims, body);
    const request = { backend, key_id, bytes, include_plaintext, context: body.policy_context ?? {} };
    const bound = body.associated_data === undefined ? {} : { associatedData: body.associated_data };
    return {
      input: { action: 'data_key', ...(claims && { claims }), request, caller: asker.caller },
      work: { backend, keyId: key_id, bytes, includePlaintext: include_plaintext, ...bound },
      facts: { plaintextBytes: bytes },
      ...(recheck && { recheck }),
    };
  }

  async perform({ work }: Permit<DataKeyWork>, call: CallContext): Promise<DataKeyDto> {
    const { bytes, includePlaintext, ...binding } = work;
    const plaintext = this.random.bytes(bytes);
    try {
      const envelope = await this.envelopes.encrypt({ ...binding, plaintext }, call);
      return { envelope, ...(includePlaintext && { plaintext_base64: plaintext.toString('base64url') }) };
    } finally {
      zero(plaintext);
    }
  }
}
