import { createCipheriv, createDecipheriv, randomBytes, type CipherGCMTypes } from 'node:crypto';
import { goDecode } from './go-base64.js';
import { multierror, Refused, success, type Reply } from './reply.js';

interface Key {
  readonly type: string;
  readonly derived: boolean;
  readonly versions: Buffer[];
  minDecryption: number;
  minEncryption: number;
  deletionAllowed: boolean;
  softDeleted: boolean;
}

type Fields = Readonly<Record<string, unknown>>;

const CIPHERS: Readonly<Record<string, CipherGCMTypes | 'chacha20-poly1305'>> = {
  'aes128-gcm96': 'aes-128-gcm',
  'aes256-gcm96': 'aes-256-gcm',
  'chacha20-poly1305': 'chacha20-poly1305',
};
const NONCE = 12;
const TAG = 16;

/**
 * The transit engine. Texts and order of the checks: builtin/logical/transit/path_encrypt.go, path_decrypt.go,
 * path_keys.go, path_keys_config.go, path_rotate.go, path_config_keys.go and sdk/helper/keysutil/policy.go of
 * hashicorp/vault v1.21.4; soft deletion: the same files of openbao/openbao.
 */
export class TransitEngine {
  readonly #keys = new Map<string, Key>();
  #disableUpsert = false;

  has(name: string): boolean {
    return this.#keys.has(name);
  }

  get names(): readonly string[] {
    return [...this.#keys.keys()];
  }

  create(name: string, { type = 'aes256-gcm96', derived = false }: Fields = {}): Reply {
    const existed = this.#keys.has(name);
    if (!existed) {
      this.#keys.set(name, {
        type: String(type),
        derived: derived === true,
        versions: [],
        minDecryption: 1,
        minEncryption: 0,
        deletionAllowed: false,
        softDeleted: false,
      });
      this.rotate(name);
    }
    const { body } = this.read(name);
    return {
      status: 200,
      body: { ...(body as object), ...(existed && { warnings: [`key ${name} already existed`] }) },
    };
  }

  rotate(name: string): Reply {
    const key = this.#keys.get(name);
    if (!key) throw new Refused(400, ['key not found']);
    key.versions.push(randomBytes(key.type === 'aes128-gcm96' ? 16 : 32));
    return this.read(name);
  }

  configure(name: string, fields: Fields): Reply {
    const key = this.#keys.get(name);
    if (!key) throw new Refused(400, [`no existing key named ${name} could be found`]);
    const { min_decryption_version: min, deletion_allowed: deletion } = fields;
    if (typeof min === 'number') {
      if (min > key.versions.length) {
        const text = `cannot set min decryption version of ${min}, latest key version is ${key.versions.length}`;
        throw new Refused(400, [text]);
      }
      key.minDecryption = min;
    }
    if (typeof deletion === 'boolean') key.deletionAllowed = deletion;
    return this.read(name);
  }

  configureKeys({ disable_upsert: disable }: Fields): Reply {
    this.#disableUpsert = disable === true;
    return success({ data: { disable_upsert: this.#disableUpsert } });
  }

  delete(name: string): Reply {
    const key = this.#keys.get(name);
    const refuse = (text: string) => new Refused(400, [`error deleting policy ${name}: ${text}`]);
    if (!key) throw refuse('could not delete key; not found');
    if (!key.deletionAllowed) throw refuse('deletion is not allowed for this key');
    this.#keys.delete(name);
    return { status: 204 };
  }

  softDelete(name: string, deleted: boolean): Reply {
    const key = this.#keys.get(name);
    if (!key) return { status: 204 };
    key.softDeleted = deleted;
    return this.read(name);
  }

  /** An absent key is an empty response to a read: 404 without a text (RespondErrorCommon). */
  read(name: string): Reply {
    const key = this.#keys.get(name);
    if (!key) throw new Refused(404, []);
    const aead = key.type in CIPHERS;
    const data = {
      name,
      type: key.type,
      derived: key.derived,
      deletion_allowed: key.deletionAllowed,
      min_available_version: 0,
      min_decryption_version: key.minDecryption,
      min_encryption_version: key.minEncryption,
      latest_version: key.versions.length,
      exportable: false,
      allow_plaintext_backup: false,
      supports_encryption: aead || key.type.startsWith('rsa'),
      supports_decryption: aead || key.type.startsWith('rsa'),
      supports_signing: !aead,
      supports_derivation: aead,
      auto_rotate_period: 0,
      imported_key: false,
      ...(key.softDeleted && { soft_deleted: true }),
      keys: Object.fromEntries(key.versions.map((_, index) => [String(index + 1), 1_700_000_000])),
    };
    return success({ data });
  }

  /** `create`: the request became a CreateOperation, since the key is missing and the token may create. */
  encrypt(name: string, fields: Fields, create: boolean): Reply {
    const { plaintext, associated_data: aad = '', context = '' } = fields;
    if (typeof plaintext !== 'string') throw new Refused(400, ['missing plaintext to encrypt']);
    const bytes = goDecode(plaintext);
    if (create && !this.#disableUpsert) this.create(name, { derived: context !== '' });
    const key = this.#keys.get(name);
    if (!key) throw new Refused(400, ['encryption key not found']);
    if (!bytes) throw new Refused(400, ['illegal base64 data at input byte 0']);
    const version = key.versions.length;
    const bound = this.#check(key, 'encryption', String(aad), String(context));
    const material = key.versions[version - 1]!;
    const nonce = randomBytes(NONCE);
    const cipher = createCipheriv(CIPHERS[key.type] as CipherGCMTypes, material, nonce, {
      authTagLength: TAG,
    });
    cipher.setAAD(bound);
    const sealed = Buffer.concat([nonce, cipher.update(bytes), cipher.final(), cipher.getAuthTag()]);
    const ciphertext = `vault:v${version}:${sealed.toString('base64')}`;
    return success({ data: { ciphertext, key_version: version } });
  }

  decrypt(name: string, { ciphertext, associated_data: aad = '', context = '' }: Fields): Reply {
    if (typeof ciphertext !== 'string' || ciphertext === '') {
      throw new Refused(400, ['missing ciphertext to decrypt']);
    }
    const key = this.#keys.get(name);
    if (!key) throw new Refused(400, ['encryption key not found']);
    const bound = this.#check(key, 'decryption', String(aad), String(context));
    const { version, bytes } = this.#parse(key, ciphertext);
    const invalid = (text: string) => new Refused(400, [text]);
    if (bytes.length < NONCE) throw invalid('invalid ciphertext length');
    const failed = invalid(
      key.type.startsWith('aes')
        ? 'cipher: message authentication failed'
        : 'chacha20poly1305: message authentication failed',
    );
    if (bytes.length < NONCE + TAG) throw failed;
    const decipher = createDecipheriv(
      CIPHERS[key.type] as CipherGCMTypes,
      key.versions[version - 1]!,
      bytes.subarray(0, NONCE),
      { authTagLength: TAG },
    );
    decipher.setAAD(bound).setAuthTag(bytes.subarray(-TAG));
    try {
      const opened = Buffer.concat([decipher.update(bytes.subarray(NONCE, -TAG)), decipher.final()]);
      return success({ data: { plaintext: opened.toString('base64') } });
    } catch {
      throw failed;
    }
  }

  /** AssociatedDataSupported, GetKey and the support by type; gives the AAD. */
  #check(
    { type, derived, softDeleted }: Key,
    what: 'encryption' | 'decryption',
    aad: string,
    context: string,
  ): Buffer {
    if (aad !== '' && !(type in CIPHERS)) {
      throw new Refused(400, [`'[0].associated_data' provided for non-AEAD cipher suite ${type}`]);
    }
    if (softDeleted) throw new Refused(400, ['refusing to use soft-deleted key']);
    if (type.startsWith('rsa') && what === 'decryption') {
      // An InternalError in DecryptWithOptions, so a 500.
      throw new Refused(500, [
        multierror('failed to RSA decrypt the ciphertext: crypto/rsa: decryption error'),
      ]);
    }
    if (!(type in CIPHERS)) throw new Refused(400, [`message ${what} not supported for key type ${type}`]);
    if (derived && context === '') {
      throw new Refused(400, [
        "missing 'context' for key derivation; the key was created using a derived key, which means additional, per-request information must be included in order to perform operations with the key",
      ]);
    }
    const bound = goDecode(aad);
    if (bound) return bound;
    throw new Refused(500, [
      multierror('unable to get associated_data/additional_data from factory[0]: illegal base64'),
    ]);
  }

  /** DecryptWithOptions: version 0 means 1, leading zeros are read, base64 is not strict. */
  #parse(key: Key, ciphertext: string): { version: number; bytes: Buffer } {
    const invalid = (text: string) => new Refused(400, [`invalid ciphertext: ${text}`]);
    if (!ciphertext.startsWith('vault:v')) throw invalid('no prefix');
    const fields = ciphertext.slice('vault:v'.length);
    const colon = fields.indexOf(':');
    if (colon < 0) throw invalid('wrong number of fields');
    const digits = fields.slice(0, colon);
    if (!/^[+-]?\d+$/.test(digits)) throw invalid('version number could not be decoded');
    const version = Number(digits) === 0 ? 1 : Number(digits);
    if (version > key.versions.length) throw invalid('version is too new');
    if (version < key.minDecryption) {
      throw new Refused(400, ['ciphertext or signature version is disallowed by policy (too old)']);
    }
    const bytes = goDecode(fields.slice(colon + 1));
    if (!bytes) throw invalid('could not decode base64');
    return { version, bytes };
  }
}
