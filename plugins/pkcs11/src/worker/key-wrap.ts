import { attempt, own } from './failure.js';
import * as ck from './cryptoki.js';
import type { Attribute, Cryptoki, Handle } from './cryptoki.js';
import type { Cipher, Sealed, UnwrapInput, WrapInput } from './cipher.js';

const SALT_BYTES = 14;
const LENGTH_BYTES = 2;
const BLOCK_BYTES = 8;
const MECHANISM: ck.Mechanism = { mechanism: ck.CKM_AES_KEY_WRAP_PAD };
const SECRET: readonly Attribute[] = [
  { type: ck.CKA_CLASS, value: ck.CKO_SECRET_KEY },
  { type: ck.CKA_KEY_TYPE, value: ck.CKK_GENERIC_SECRET },
  { type: ck.CKA_TOKEN, value: false },
  { type: ck.CKA_PRIVATE, value: true },
  { type: ck.CKA_SENSITIVE, value: false },
  { type: ck.CKA_EXTRACTABLE, value: true },
];

/**
 * AES key wrap (RFC 5649) wraps objects, so the plaintext becomes one for the time of the call: salt, length,
 * plaintext, zeros. The salt makes two wraps differ, which RFC 5649 alone would not. Length and zeros make it whole
 * blocks: SoftHSM 2.6.1 gives padding back with the key. The calls are synchronous: pkcs11js 2.1.7 keeps the mechanism of
 * an asynchronous one for ever.
 */
export class KeyWrapCipher implements Cipher {
  readonly usage = { wrap: ck.CKA_WRAP, open: ck.CKA_UNWRAP };
  readonly #module: Cryptoki;
  readonly #salt: () => Uint8Array;

  constructor(module: Cryptoki, random: (length: number) => Uint8Array) {
    this.#module = module;
    this.#salt = () => random(SALT_BYTES);
  }

  wrap(session: Handle, key: Handle, { plaintext }: WrapInput): Sealed {
    const padded = pad(plaintext, this.#salt());
    try {
      const secret = attempt('C_CreateObject', () =>
        this.#module.C_CreateObject(session, [...SECRET, { type: ck.CKA_VALUE, value: padded }]),
      );
      return this.#destroying(session, secret, () => this.#wrapObject(session, key, secret, padded.length));
    } finally {
      padded.fill(0);
    }
  }

  unwrap(session: Handle, key: Handle, { ciphertext }: UnwrapInput): Uint8Array {
    const secret = attempt('C_UnwrapKey', () =>
      this.#module.C_UnwrapKey(session, MECHANISM, key, ciphertext, SECRET),
    );
    const [value] = this.#destroying(session, secret, () =>
      attempt('C_GetAttributeValue', () =>
        this.#module.C_GetAttributeValue(session, secret, [{ type: ck.CKA_VALUE }]),
      ),
    );
    const padded = value?.value ?? Buffer.alloc(0);
    try {
      return unpad(padded);
    } finally {
      padded.fill(0);
    }
  }

  #wrapObject(session: Handle, key: Handle, secret: Handle, length: number): Sealed {
    const room = Buffer.alloc(length + BLOCK_BYTES * 2);
    const ciphertext = attempt('C_WrapKey', () =>
      this.#module.C_WrapKey(session, MECHANISM, key, secret, room),
    );
    if (ciphertext.length !== length + BLOCK_BYTES) throw own('C_WrapKey', 'UNEXPECTED');
    return { ciphertext, iv: new Uint8Array() };
  }

  #destroying<T>(session: Handle, secret: Handle, run: () => T): T {
    try {
      return run();
    } finally {
      attempt('C_DestroyObject', () => this.#module.C_DestroyObject(session, secret));
    }
  }
}

function pad(plaintext: Uint8Array, salt: Uint8Array): Buffer {
  const length = SALT_BYTES + LENGTH_BYTES + plaintext.length;
  const padded = Buffer.alloc(Math.ceil(length / BLOCK_BYTES) * BLOCK_BYTES);
  padded.set(salt);
  padded.writeUInt16BE(plaintext.length, SALT_BYTES);
  padded.set(plaintext, SALT_BYTES + LENGTH_BYTES);
  return padded;
}

function unpad(padded: Buffer): Uint8Array {
  const begin = SALT_BYTES + LENGTH_BYTES;
  const length = padded.length < begin ? -1 : padded.readUInt16BE(SALT_BYTES);
  const fits = length >= 0 && Math.ceil((begin + length) / BLOCK_BYTES) * BLOCK_BYTES === padded.length;
  if (!fits || padded.subarray(begin + length).some((byte) => byte !== 0))
    throw own('C_UnwrapKey', 'PADDING_WRONG');
  return Uint8Array.from(padded.subarray(begin, begin + length));
}
