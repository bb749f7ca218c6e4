import type { KeyDescription } from 'kkp-plugin-kit';
import { describe, expectKey, malformed } from './answers.js';
import type { AwsConfig } from './config.js';
import { CurrentMaterial } from './current-material.js';
import { badRequest, isEnded } from './errors.js';
import { isKeyArn, localize, readKeyRef, type KeyRef } from './key-ids.js';
import { Recent } from './recent.js';
import type { Ask } from './session.js';

/** Shorter than the core remembers an alias, so that it finds this backend up to date. */
const ALIAS_MS = 60 * 1000;

/** What is known of keys: what an alias stands for, and which material wraps. */
export class Keys {
  readonly material: CurrentMaterial;
  readonly #config: AwsConfig;
  readonly #aliases: Recent<string>;

  constructor(config: AwsConfig, now: () => number) {
    this.#config = config;
    this.#aliases = new Recent(ALIAS_MS, now);
    this.material = new CurrentMaterial(now);
  }

  /** What to send for a key id: never an alias, which could move between two requests. */
  async resolve(keyId: string, ask: Ask): Promise<string> {
    const ref = read(keyId);
    if (ref.form !== 'alias') return localize(ref, this.#config);
    return this.#aliases.get(keyId) ?? (await this.describe(keyId, ask)).key.keyId;
  }

  async describe(text: string, ask: Ask): Promise<KeyDescription> {
    const ref = read(text);
    const sent = localize(ref, this.#config);
    const request = { KeyId: sent, ...this.#config.grants };
    const { KeyMetadata } = await ask((kms, options) => kms.describeKey(request, options));
    if (!KeyMetadata || !isKeyArn(KeyMetadata.Arn)) throw malformed('KeyMetadata');
    const isAlias = ref.form === 'alias';
    const arn = isAlias ? KeyMetadata.Arn : expectKey(sent, KeyMetadata.Arn, this.#config, 'unavailable');
    if (isAlias) this.#aliases.set(text, arn);
    const description = describe(arn, KeyMetadata);
    this.material.note(arn, description.key.version);
    return description;
  }

  /** Undefined when KMS does not tell. */
  async isStale(arn: string, material: string, ask: Ask): Promise<boolean | undefined> {
    return await this.material.isStale(arn, material, async () => {
      try {
        await this.describe(arn, ask);
      } catch (error) {
        // Opening needs no right to describe: what cannot be known is left out.
        if (isEnded(error)) throw error;
        this.material.note(arn, undefined);
      }
    });
  }
}

function read(text: string): KeyRef {
  const ref = readKeyRef(text);
  if (!ref) throw badRequest('A key of AWS KMS is named by key id, key ARN, alias name or alias ARN.');
  return ref;
}
