import { encodeBase64url } from '../base64url.js';
import { KkpCredentialsError } from '../errors.js';
import { readTime } from '../verify/options.js';
import { type DpopPublicJwk, jwkThumbprint, sha256 } from './jwk.js';
import { type DpopKey, algorithmOf, readPublicJwk } from './key.js';

export interface DpopOptions {
  /** `generateDpopKey`, `importDpopKey`, or your own. */
  key: DpopKey;
  /** Unix milliseconds, for the `iat` of proofs; default `Date.now`. The server takes 60 s of age and 5 s ahead. */
  now?: () => number;
  /** For the `jti` of proofs; default `crypto.getRandomValues`. */
  randomBytes?: (length: number) => Uint8Array;
}

/** What a proof is for. */
export interface Target {
  method: string;
  /** Without query and fragment. */
  url: string;
}

const SIGNATURE_BYTES = 64;
const JTI_BYTES = 16;

/** Makes proofs that the holder of a token has the key which the token is bound to. */
export class Prover {
  readonly #key: DpopKey;
  readonly #publicJwk: DpopPublicJwk;
  readonly #now: () => number;
  readonly #randomBytes: (length: number) => Uint8Array;
  #jkt: Promise<string> | undefined;

  /** Throws TypeError for what is no key, or one whose `alg` is another's. */
  constructor({ key, now = Date.now, randomBytes = platformRandomBytes }: DpopOptions) {
    if (typeof (key as DpopKey | undefined)?.sign !== 'function')
      throw new TypeError('dpop must have a key that signs');
    this.#key = key;
    this.#publicJwk = readPublicJwk(key.publicJwk);
    this.#now = now;
    this.#randomBytes = randomBytes;
    if (key.alg !== algorithmOf(this.#publicJwk))
      throw new TypeError('alg of the DPoP key must be of its type');
  }

  /** The thumbprint that tokens are bound by. */
  jkt(): Promise<string> {
    return (this.#jkt ??= jwkThumbprint(this.#publicJwk));
  }

  /**
   * A proof (RFC 9449 section 4.2) for one request, which shows `token` or asks for one; throws KkpCredentialsError when the
   * key fails.
   */
  async prove(target: Target, token?: string): Promise<string> {
    try {
      return await this.#make(target, token);
    } catch (cause) {
      throw new KkpCredentialsError('No DPoP proof could be made.', { cause });
    }
  }

  async #make({ method, url }: Target, token: string | undefined): Promise<string> {
    const iat = readTime(this.#now);
    const jti = encodeBase64url(this.#randomBytes(JTI_BYTES));
    const header = { typ: 'dpop+jwt', alg: this.#key.alg, jwk: this.#publicJwk };
    const ath = token === undefined ? undefined : await sha256(token);
    const claims = { jti, htm: method, htu: url, iat, ath };
    const input = [header, claims].map((part) => encodeBase64url(utf8(JSON.stringify(part)))).join('.');
    return `${input}.${encodeBase64url(await this.#sign(utf8(input)))}`;
  }

  /** A key of somebody else's making may give DER. */
  async #sign(input: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
    const signature: unknown = await this.#key.sign(input);
    if (signature instanceof Uint8Array && signature.length === SIGNATURE_BYTES) return signature;
    throw new TypeError(`sign must give ${SIGNATURE_BYTES} bytes`);
  }
}

const utf8 = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

const platformRandomBytes = (length: number): Uint8Array => crypto.getRandomValues(new Uint8Array(length));
