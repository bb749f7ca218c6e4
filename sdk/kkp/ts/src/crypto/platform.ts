import type { Ed25519 } from './ed25519.js';
import { nobleEd25519 } from './noble.js';
import { supportsWebCryptoEd25519, webCryptoEd25519 } from './webcrypto.js';

let choice: Promise<Ed25519> | undefined;

/** WebCrypto where it has Ed25519, otherwise `@noble/ed25519`; found out once, at the first use. */
export const platformEd25519: Ed25519 = {
  async importKey(publicKey) {
    choice ??= choose();
    return (await choice).importKey(publicKey);
  },
};

async function choose(): Promise<Ed25519> {
  return (await supportsWebCryptoEd25519()) ? webCryptoEd25519 : nobleEd25519;
}
