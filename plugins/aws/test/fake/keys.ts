import { randomBytes, randomUUID } from 'node:crypto';
import { newMaterial, type Material } from './cipher.js';
import { KmsFailure } from './kms-failure.js';

export interface FakeKey {
  readonly arn: string;
  readonly id: string;
  /** Newest last: it wraps. Older ones open for ever: developerguide/rotate-keys.html */
  readonly materials: Material[];
  state: 'Enabled' | 'Disabled' | 'PendingDeletion' | 'PendingImport' | 'Unavailable';
  usage: 'ENCRYPT_DECRYPT' | 'SIGN_VERIFY';
  origin: 'AWS_KMS' | 'EXTERNAL_KEY_STORE';
  /** A grant token without which the caller has no rights yet. */
  grantToken?: string;
  /** False: the caller may use the key but not describe it. */
  describable: boolean;
}

/** The keys and aliases of one account in one Region. */
export class FakeKeys {
  readonly #keys = new Map<string, FakeKey>();
  readonly #aliases = new Map<string, string>();
  readonly #prefix: string;

  constructor(region: string, account: string) {
    this.#prefix = `arn:aws:kms:${region}:${account}`;
  }

  create({ multiRegion = false } = {}): FakeKey {
    const id = multiRegion ? `mrk-${randomBytes(16).toString('hex')}` : randomUUID();
    const key: FakeKey = {
      arn: `${this.#prefix}:key/${id}`,
      id,
      materials: [newMaterial()],
      state: 'Enabled',
      usage: 'ENCRYPT_DECRYPT',
      origin: 'AWS_KMS',
      describable: true,
    };
    this.#keys.set(id, key);
    return key;
  }

  /** A replica in this Region of a multi-Region key: same id and material, another ARN (mrk-how-it-works.html). */
  replicate(source: FakeKey): FakeKey {
    const key = { ...source, arn: `${this.#prefix}:key/${source.id}` };
    this.#keys.set(key.id, key);
    return key;
  }

  setAlias(alias: string, { id }: FakeKey): void {
    this.#aliases.set(alias, id);
  }

  /** By key id, key ARN, alias name or alias ARN: developerguide/concepts.html#key-id */
  get(ref: unknown): FakeKey {
    if (typeof ref !== 'string' || ref.length === 0 || ref.length > 2048) {
      throw new KmsFailure('ValidationException', '1 validation error detected at keyId');
    }
    const local = ref.startsWith(`${this.#prefix}:`) ? ref.slice(this.#prefix.length + 1) : ref;
    if (local.startsWith('arn:')) throw new KmsFailure('NotFoundException', `Invalid arn ${ref}`);
    const id = local.startsWith('alias/') ? this.#aliases.get(local) : local.replace(/^key\//, '');
    const key = this.#keys.get(id ?? '');
    if (!key) throw new KmsFailure('NotFoundException', `Key '${this.#prefix}:${local}' does not exist`);
    return key;
  }

  rotate(ref: string): void {
    this.get(ref).materials.push(newMaterial());
  }

  all(): readonly FakeKey[] {
    return [...this.#keys.values()];
  }
}

/** developerguide/key-state.html; the message is quoted in hashicorp/terraform-provider-aws#17889. */
export function expectUsable({ arn, state, usage, origin }: FakeKey): void {
  if (state === 'Disabled') throw new KmsFailure('DisabledException', `${arn} is disabled.`);
  if (state === 'PendingDeletion') {
    throw new KmsFailure('KMSInvalidStateException', `${arn} is pending deletion.`);
  }
  if (state === 'PendingImport')
    throw new KmsFailure('KMSInvalidStateException', `${arn} is pending import.`);
  if (state === 'Unavailable') {
    throw new KmsFailure('KMSInvalidStateException', `${origin}: the key store is not connected.`);
  }
  if (usage !== 'ENCRYPT_DECRYPT') {
    throw new KmsFailure('InvalidKeyUsageException', `${arn} key usage is ${usage}`);
  }
}
