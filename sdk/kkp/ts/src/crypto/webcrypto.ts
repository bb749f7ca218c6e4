import { decodeBase64url } from '../base64url.js';
import type { Ed25519 } from './ed25519.js';

/** Ed25519 of the platform: Node 20, Chrome 137, Firefox 129, Safari 17 and later. */
export const webCryptoEd25519: Ed25519 = {
  async importKey(publicKey) {
    const { subtle } = globalThis.crypto;
    const key = await subtle.importKey('raw', publicKey, 'Ed25519', false, ['verify']);
    return (signature, message) => subtle.verify('Ed25519', key, signature, message);
  },
};

// RFC 8032 section 7.1, test 1: the empty message.
const PROBE_KEY = '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo';
const PROBE_SIGNATURE =
  '5VZDAMNgrHKQhuLMgG6CioSHfx645dl02HPgZSJJAVVfuIIVkKM7rMYeOXAc-bRr0lv18FlbviRlUUFDjnoQCw';

/** Whether the platform verifies a known signature. */
export async function supportsWebCryptoEd25519(): Promise<boolean> {
  const key = decodeBase64url(PROBE_KEY);
  const signature = decodeBase64url(PROBE_SIGNATURE);
  if (!key || !signature) return false;
  try {
    const verify = await webCryptoEd25519.importKey(key);
    return await verify(signature, new Uint8Array());
  } catch {
    return false;
  }
}
