import type { Call } from 'kkp-plugin-kit';
import { parseCiphertext, type Ciphertext } from './ciphertext.js';
import { strangeAnswer } from './errors.js';
import { isObject, type JsonObject, type VaultHttp } from './http.js';

export interface TransitKey {
  readonly type: string;
  /** The version that encrypts, counted from 1. */
  readonly latest: number;
  /** Whether the key wants a `context` for each use, from which the real key is derived. */
  readonly derived: boolean;
  /** OpenBao only: kept, and usable for nothing until it is restored. */
  readonly softDeleted: boolean;
}

/** A token and how long it lives. */
export interface Lease {
  readonly token: string;
  /** 0: for ever. */
  readonly ttlSeconds: number;
  readonly renewable: boolean;
}

/** The calls of Vault that KKP needs, and no others. Each is one request. */
export class VaultClient {
  readonly #http: VaultHttp;
  readonly #mount: string;

  constructor(http: VaultHttp, mount: string) {
    this.#http = http;
    this.#mount = mount;
  }

  /** `plaintext` and `aad` in base64. Creates the key when it is missing and the token may: see `mayCreate`. */
  async encrypt(
    token: string,
    name: string,
    input: { plaintext: string; aad: string | undefined },
    call: Call,
  ): Promise<Ciphertext> {
    const body = { plaintext: input.plaintext, ...(input.aad && { associated_data: input.aad }) };
    const path = `${this.#mount}/encrypt/${name}`;
    const answer = await this.#http.send({ operation: 'encrypt', path, body, token }, call);
    const { ciphertext, key_version: version } = dataOf(answer);
    const parsed = parseCiphertext(ciphertext);
    if (parsed?.version === version && parsed) return parsed;
    throw strangeAnswer(requestIdOf(answer));
  }

  /** The plaintext in base64. */
  async decrypt(
    token: string,
    name: string,
    input: { ciphertext: string; aad: string | undefined },
    call: Call,
  ): Promise<string> {
    const body = { ciphertext: input.ciphertext, ...(input.aad && { associated_data: input.aad }) };
    const path = `${this.#mount}/decrypt/${name}`;
    const answer = await this.#http.send({ operation: 'decrypt', path, body, token }, call);
    const { plaintext } = dataOf(answer);
    if (typeof plaintext === 'string') return plaintext;
    throw strangeAnswer(requestIdOf(answer));
  }

  async readKey(token: string, name: string, call: Call): Promise<TransitKey> {
    const path = `${this.#mount}/keys/${name}`;
    const answer = await this.#http.send({ operation: 'read-key', path, token }, call);
    const {
      name: answered,
      type,
      latest_version: latest,
      derived,
      soft_deleted: softDeleted,
    } = dataOf(answer);
    if (answered !== name || typeof type !== 'string' || !isCount(latest) || latest < 1) {
      throw strangeAnswer(requestIdOf(answer));
    }
    return { type, latest, derived: derived !== false, softDeleted: softDeleted === true };
  }

  /** Whether encrypting with a missing key of this name would create it (hashicorp/vault#10397). */
  async mayCreate(token: string, name: string, call: Call): Promise<boolean> {
    const path = `${this.#mount}/encrypt/${name}`;
    const request = {
      operation: 'token',
      path: 'sys/capabilities-self',
      body: { paths: [path] },
      token,
    } as const;
    const answer = await this.#http.send(request, call);
    const capabilities = dataOf(answer)[path];
    if (!Array.isArray(capabilities)) throw strangeAnswer(requestIdOf(answer));
    return capabilities.includes('create') || capabilities.includes('root');
  }

  /** @throws KmsError when Vault is sealed, not initialised or cannot serve; a standby node serves. */
  async health(call: Call): Promise<void> {
    await this.#http.send(
      { operation: 'health', path: 'sys/health?standbyok=true&perfstandbyok=true' },
      call,
    );
  }

  async lookUpSelf(token: string, call: Call): Promise<Lease> {
    const answer = await this.#http.send({ operation: 'token', path: 'auth/token/lookup-self', token }, call);
    const { ttl, renewable } = dataOf(answer);
    if (!isCount(ttl)) throw strangeAnswer(requestIdOf(answer));
    return { token, ttlSeconds: ttl, renewable: renewable === true };
  }

  async renewSelf(token: string, call: Call): Promise<Lease> {
    const request = { operation: 'token', path: 'auth/token/renew-self', body: {}, token } as const;
    return leaseOf(await this.#http.send(request, call), token);
  }

  /** `mount` of the auth method, `body` as it wants it. */
  async logIn(mount: string, body: JsonObject, call: Call): Promise<Lease> {
    return leaseOf(await this.#http.send({ operation: 'login', path: `auth/${mount}/login`, body }, call));
  }
}

function leaseOf(answer: JsonObject, known?: string): Lease {
  const {
    client_token: token,
    lease_duration: ttlSeconds,
    renewable,
  } = isObject(answer.auth) ? answer.auth : {};
  const told = known ?? token;
  if (typeof told !== 'string' || told === '' || !isCount(ttlSeconds))
    throw strangeAnswer(requestIdOf(answer));
  return { token: told, ttlSeconds, renewable: renewable === true };
}

function dataOf(answer: JsonObject): JsonObject {
  return isObject(answer.data) ? answer.data : {};
}

/** Of successes; Vault's errors carry none. */
function requestIdOf({ request_id: id }: JsonObject): string | undefined {
  return typeof id === 'string' ? id.slice(0, 64) : undefined;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
