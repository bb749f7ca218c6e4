import {
  KmsError,
  type BoundAad,
  type KmsBackend,
  type KmsCapabilities,
  type RewrapRequest,
} from 'kkp-plugin-kit';
import { checkCapabilities } from './answers.js';
import { asKmsError, badRequest } from './kms-errors.js';
import { isKeyId } from './shapes.js';

/**
 * What the backend declares of a key, checked.
 *
 * @throws KmsError for a key id that it does not take, and for a declaration that does not hold
 */
export function capabilitiesOf(backend: KmsBackend, keyId: string): KmsCapabilities {
  if (!isKeyId(keyId)) throw badRequest('A key id has 1 to 1024 characters.');
  try {
    const capabilities = Object.freeze(checkCapabilities(backend.capabilities(keyId)));
    if (capabilities.generateDataKey) demandMethod(backend, 'generateDataKey');
    if (capabilities.rewrap !== 'none') demandMethod(backend, 'rewrap');
    return capabilities;
  } catch (error) {
    throw asKmsError(error);
  }
}

/**
 * The same, for a call with this AAD.
 *
 * @throws KmsError for AAD that the key does not take
 */
export function admit(backend: KmsBackend, keyId: string, aad: BoundAad | undefined): KmsCapabilities {
  const capabilities = capabilitiesOf(backend, keyId);
  if (aad && capabilities.aad === 'none') {
    throw new KmsError('unsupported', 'The key takes no additional authenticated data.', { side: 'caller' });
  }
  if (aad && aad.bytes.length > (capabilities.maxAadBytes ?? Infinity)) {
    throw badRequest(`The key takes at most ${capabilities.maxAadBytes} bytes of authenticated data.`);
  }
  return capabilities;
}

/** Whether the key service can do all of a rewrap by itself. */
export function rewrapsNatively(
  { aad, toAad }: RewrapRequest,
  from: KmsCapabilities,
  to: KmsCapabilities,
): boolean {
  const bound = aad !== undefined || toAad !== undefined;
  return [from, to].every(({ rewrap }) => rewrap === 'full' || (rewrap === 'no-aad' && !bound));
}

function demandMethod(backend: KmsBackend, method: 'generateDataKey' | 'rewrap'): void {
  if (typeof backend[method] === 'function') return;
  throw new KmsError('unavailable', `The backend declares ${method} and does not have it.`);
}
