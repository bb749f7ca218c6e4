import { randomBytes } from 'node:crypto';
import type { Mechanism } from '../mechanism.js';
import type { Request } from '../messages.js';
import { GcmCipher, type Cipher } from './cipher.js';
import type { Addon, Cryptoki } from './cryptoki.js';
import { own } from './failure.js';
import { KeyWrapCipher } from './key-wrap.js';
import { Keys } from './keys.js';
import { KnownKeys } from './known-keys.js';
import { Operations } from './operations.js';
import { Sessions } from './sessions.js';
import { Token } from './token.js';

type Start = Extract<Request, { op: 'start' }>;

export interface Loaded {
  readonly token: Token;
  readonly sessions: Sessions;
  readonly operations: Operations;
}

const CIPHERS: Readonly<Record<Mechanism, (module: Cryptoki) => Cipher>> = {
  CKM_AES_GCM: (module) => new GcmCipher(module),
  CKM_AES_KEY_WRAP_PAD: (module) => new KeyWrapCipher(module, randomBytes),
};

/** Loads the module, logs in and opens the sessions: once in a process, as C_Initialize is. */
export async function load(start: Start, pin: string, loadAddon: () => Promise<Addon>): Promise<Loaded> {
  const { PKCS11 } = await loadAddon().catch(() => {
    throw own('import', 'ADDON_MISSING');
  });
  const module = new PKCS11();
  try {
    module.load(start.module);
  } catch (error) {
    throw own('load', 'MODULE_NOT_LOADED', error instanceof Error ? error.message : undefined);
  }
  const token = new Token(module, start, pin);
  const sessions = new Sessions(token, start.sessions);
  const cipher = CIPHERS[start.mechanism](module);
  const now = (): number => Date.now();
  const keys = new KnownKeys(new Keys(module, token, cipher.usage, now), start.rememberMs, now);
  return { token, sessions, operations: new Operations(token, sessions, keys, cipher) };
}
