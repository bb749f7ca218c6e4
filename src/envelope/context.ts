import { hash } from 'node:crypto';
import type { BoundAad } from 'kkp-plugin-kit';
import { bindAad, canonicalAad } from '../backends/index.js';

const FORMAT = 'kkp-envelope-v1';

export interface Binding {
  readonly backend: string;
  readonly keyId: string;
  readonly associatedData?: string;
}

export interface BoundContext {
  /** Bound to the wrapped data key. Key services log it in clear, so it has the associated data as SHA-256 only. */
  readonly forKms: BoundAad;
  /** Bound to the payload. */
  readonly forPayload: Uint8Array;
}

/**
 * What a message is bound to, in the two places where it is. No associated data and empty associated data differ.
 *
 * @throws KkpError `invalid_request` for text that is not well-formed, or too long
 */
export function bindContext({ backend, keyId, associatedData }: Binding): BoundContext {
  const common = { format: FORMAT, backend, key_id: keyId };
  const forPayload = canonicalAad(
    associatedData === undefined ? common : { ...common, associated_data: associatedData },
  );
  const named = { 'kkp:format': FORMAT, 'kkp:backend': backend, 'kkp:key_id': keyId };
  const forKms = bindAad(
    associatedData === undefined ? named : { ...named, 'kkp:associated_data_sha256': sha256(associatedData) },
  );
  return { forKms, forPayload };
}

const sha256 = (text: string): string => hash('sha256', text, 'hex');
