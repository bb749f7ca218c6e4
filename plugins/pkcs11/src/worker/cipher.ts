import { attempt, attemptAsync, own } from './failure.js';
import * as ck from './cryptoki.js';
import type { Cryptoki, Handle } from './cryptoki.js';
import type { Usage } from './keys.js';

export interface Sealed {
  readonly ciphertext: Uint8Array;
  readonly iv: Uint8Array;
}

export interface WrapInput {
  readonly plaintext: Buffer;
  /** Zeros where the module makes it; empty for key wrap. */
  readonly iv: Buffer;
  readonly aad: Buffer;
}

export interface UnwrapInput {
  readonly ciphertext: Buffer;
  readonly iv: Buffer;
  readonly aad: Buffer;
}

/** How keys wrap. All buffers that were handed in are the caller's to zero. */
export interface Cipher {
  readonly usage: Usage;
  wrap(session: Handle, key: Handle, input: WrapInput): Sealed | Promise<Sealed>;
  /** The caller zeroes the answer. */
  unwrap(session: Handle, key: Handle, input: UnwrapInput): Uint8Array | Promise<Uint8Array>;
}

const TAG_BYTES = 16;
const ROOM = 64;

export class GcmCipher implements Cipher {
  readonly usage = { wrap: ck.CKA_ENCRYPT, open: ck.CKA_DECRYPT };
  readonly #module: Cryptoki;

  constructor(module: Cryptoki) {
    this.#module = module;
  }

  /** Modules under FIPS 140 write an IV of their own into the parameter: it is what comes back. */
  async wrap(session: Handle, key: Handle, { plaintext, iv, aad }: WrapInput): Promise<Sealed> {
    attempt('C_EncryptInit', () => this.#module.C_EncryptInit(session, gcm(iv, aad), key));
    const room = Buffer.alloc(plaintext.length + ROOM);
    const ciphertext = await attemptAsync('C_Encrypt', () =>
      this.#module.C_EncryptAsync(session, plaintext, room),
    );
    if (ciphertext.length !== plaintext.length + TAG_BYTES) throw own('C_Encrypt', 'UNEXPECTED');
    if (iv.every((byte) => byte === 0)) throw own('C_Encrypt', 'IV_ABSENT');
    return { ciphertext, iv };
  }

  async unwrap(session: Handle, key: Handle, { ciphertext, iv, aad }: UnwrapInput): Promise<Uint8Array> {
    attempt('C_DecryptInit', () => this.#module.C_DecryptInit(session, gcm(iv, aad), key));
    const room = Buffer.alloc(ciphertext.length + ROOM);
    try {
      const opened = await attemptAsync('C_Decrypt', () =>
        this.#module.C_DecryptAsync(session, ciphertext, room),
      );
      return Uint8Array.from(opened);
    } finally {
      room.fill(0);
    }
  }
}

const gcm = (iv: Buffer, aad: Buffer): ck.Mechanism => ({
  mechanism: ck.CKM_AES_GCM,
  parameter: { type: ck.CK_PARAMS_AES_GCM_V240, iv, aad, ivBits: iv.length * 8, tagBits: TAG_BYTES * 8 },
});
