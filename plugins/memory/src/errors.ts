import { KmsError, type KmsErrorCode } from 'kkp-plugin-kit';

/** What goes wrong in every key service; how it is said is the provider's manner. */
export type Fault =
  | 'malformed-key-id'
  | 'no-such-key'
  | 'key-disabled'
  | 'key-deleted'
  | 'plaintext-size'
  | 'blob-of-another-key'
  | 'blob-does-not-open';

/** A fault in the words of one provider. The text repeats nothing that the caller sent. */
interface ProviderFault {
  readonly code: KmsErrorCode;
  readonly providerCode: string;
  readonly text: string;
}

export type FaultTable = Readonly<Record<Fault, ProviderFault>>;

export function faultOf(code: KmsErrorCode, providerCode: string, text: string): ProviderFault {
  return { code, providerCode, text };
}

export function providerError({ code, providerCode, text }: ProviderFault): KmsError {
  return new KmsError(code, text, { side: 'caller', providerCode });
}

export function unavailable(text: string): KmsError {
  return new KmsError('unavailable', text, { side: 'proxy' });
}
